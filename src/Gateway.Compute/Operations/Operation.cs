using System.Text.Json;

namespace Gateway.Compute.Operations;

/// <summary>Work under way on one server: which kind, which step is next and when. See <c>schema.sql</c>.</summary>
internal sealed record Operation
{
    public long Id { get; init; }
    public required string Kind { get; init; }
    public required string ServerId { get; init; }
    public int Step { get; init; }
    public long DueAt { get; init; }
    public long? ActionId { get; init; }
    public long? MigrationId { get; init; }
    public string? ImageId { get; init; }
    public string ParametersJson { get; init; } = "{}";

    public OperationParameters Parameters => JsonSerializer.Deserialize<OperationParameters>(ParametersJson)!;
}

/// <summary>What the caller asked for, as far as later steps need it.</summary>
internal sealed record OperationParameters
{
    /// <summary>The destination named by the caller; null lets the scheduler choose.</summary>
    public string? Host { get; init; }

    /// <summary>Live migration to a named host without asking the scheduler.</summary>
    public bool BypassScheduler { get; init; }

    public string? BackupType { get; init; }

    /// <summary>How many backups stay. Larger numbers than fit are stored as the largest that does: nobody has so many.</summary>
    public int Rotation { get; init; }
}
