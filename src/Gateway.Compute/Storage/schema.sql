-- Times are UTC text, "2026-01-31T12:00:00.000000": they sort as text and are printed as they are.
-- DueAt alone is a number, unix milliseconds, because it is compared with the clock.

create table if not exists Servers (
    Number integer primary key autoincrement,
    Id text not null unique,
    ProjectId text not null,
    UserId text not null,
    Name text not null,
    Description text,
    Hostname text not null,
    ReservationId text not null,
    ImageId text not null,
    FlavorId text not null,
    Host text,
    RequestedHost text,
    RequestedZone text,
    VmState text not null,
    TaskState text,
    PowerState integer not null default 0,
    OldVmState text,
    Progress integer not null default 0,
    LockedBy text,
    LockedReason text,
    ConfigDrive text not null default '',
    UserData text,
    DiskConfig text not null default 'MANUAL',
    AccessIPv4 text not null default '',
    AccessIPv6 text not null default '',
    MetadataJson text not null default '{}',
    TagsJson text not null default '[]',
    FaultCode integer,
    FaultMessage text,
    FaultDetails text,
    FaultCreatedAt text,
    CreatedAt text not null,
    UpdatedAt text not null,
    LaunchedAt text,
    TerminatedAt text,
    Deleted integer not null default 0
);
create index if not exists ServersByProject on Servers (ProjectId, Deleted);
create index if not exists ServersByHost on Servers (Host, Deleted);

create table if not exists Images (
    Id text primary key,
    Name text not null,
    Status text not null,
    Visibility text not null,
    Owner text not null,
    DiskFormat text,
    ContainerFormat text,
    Size integer,
    Checksum text,
    MinDisk integer not null default 0,
    MinRam integer not null default 0,
    Protected integer not null default 0,
    Hidden integer not null default 0,
    PropertiesJson text not null default '{}',
    CreatedAt text not null,
    UpdatedAt text not null
);

create table if not exists InstanceActions (
    Id integer primary key autoincrement,
    ServerId text not null,
    Name text not null,
    RequestId text not null,
    UserId text not null,
    ProjectId text not null,
    StartTime text not null,
    UpdatedAt text not null,
    Message text
);
create index if not exists InstanceActionsByServer on InstanceActions (ServerId);

create table if not exists InstanceEvents (
    Id integer primary key autoincrement,
    ActionId integer not null references InstanceActions (Id),
    Name text not null,
    StartTime text not null,
    FinishTime text,
    Result text,
    Traceback text,
    Host text,
    Details text
);
create index if not exists InstanceEventsByAction on InstanceEvents (ActionId);

create table if not exists Migrations (
    Id integer primary key autoincrement,
    Uuid text not null unique,
    ServerId text not null,
    Type text not null,
    Status text not null,
    SourceHost text,
    DestinationHost text,
    FlavorId text not null,
    UserId text not null,
    ProjectId text not null,
    MemoryTotal integer,
    MemoryProcessed integer,
    MemoryRemaining integer,
    DiskTotal integer,
    DiskProcessed integer,
    DiskRemaining integer,
    CreatedAt text not null,
    UpdatedAt text
);
create index if not exists MigrationsByServer on Migrations (ServerId);

-- Work that is under way. A row is written in the transaction that answers 202, changed in the transaction of each step,
-- and removed with the last one: what is here after a crash is exactly what is still to be done.
create table if not exists Operations (
    Id integer primary key autoincrement,
    Kind text not null,
    ServerId text not null,
    Step integer not null default 0,
    DueAt integer not null,
    ActionId integer,
    MigrationId integer,
    ImageId text,
    ParametersJson text not null default '{}'
);
create index if not exists OperationsByDue on Operations (DueAt, Id);

create table if not exists Hosts (
    Id integer primary key autoincrement,
    Name text not null unique,
    ServiceUuid text not null,
    HypervisorUuid text not null,
    Disabled integer not null default 0,
    DisabledReason text,
    ForcedDown integer not null default 0,
    UpdatedAt text not null
);
