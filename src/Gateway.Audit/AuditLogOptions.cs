namespace Gateway.Audit;

/// <summary>How an <see cref="AuditLog"/> is opened.</summary>
public sealed record AuditLogOptions
{
    /// <summary>
    /// The file. Its directory is created; <c>.lock</c> stands beside it. A new one is a file of lines; SQLite if its name ends in <c>.db</c>, with <c>-wal</c> and <c>-shm</c>.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>Name of this chain, part of every hash: 1 to 128 of letters, digits, <c>.</c>, <c>_</c> and <c>-</c>. A gateway's id.</summary>
    public required string StreamId { get; init; }

    /// <summary>Who the log's own records (opened, closed, recovery) name as observer. By default the stream.</summary>
    public AuditObserver? Observer { get; init; }

    /// <summary>At most this many records share one transaction.</summary>
    public int MaxBatch { get; init; } = 256;

    /// <summary>How long an append waits to become durable. It fails within this time and a tenth.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>At most this many appends wait; more fail at once. Outcomes are not counted: every one belongs to an intent that was.</summary>
    public int QueueCapacity { get; init; } = 8192;

    /// <summary>How long <see cref="AuditLog.DisposeAsync"/> waits for the queue to drain.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a failed store is tried again while records wait for it.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The store refuses to grow beyond this many bytes; by default only the disk limits it.</summary>
    public long? MaxStoreBytes { get; init; }

    /// <summary>A segment that has grown this large is sealed and the log goes on in a new file; null for one file that grows.</summary>
    public long? SegmentBytes { get; init; }

    /// <summary>Intents whose outcome waits elsewhere, in a spool, and is moved here soon: they are not closed as unknown when the log is opened.</summary>
    public IReadOnlySet<string> Concluded { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Called on the writer's thread when the store fails and when it is back. Must neither block nor throw.</summary>
    public Action<AuditLogStatus>? StatusChanged { get; init; }

    /// <summary>For tests of the moment between the last insert and the commit: may wait or throw.</summary>
    internal Action? BeforeCommit { get; init; }

    internal AuditObserver EffectiveObserver => Observer ?? new AuditObserver { Id = StreamId };

    internal static void ThrowIfInvalid(AuditLogOptions options)
    {
        var problem =
            string.IsNullOrWhiteSpace(options.Path) ? "the path is empty"
            : !Chain.IsStream(options.StreamId) ? $"stream `{options.StreamId}`: must be 1 to 128 of letters, digits, `.`, `_` and `-`"
            : options.MaxBatch < 1 ? $"batch `{options.MaxBatch}`: must be at least 1"
            : options.QueueCapacity < 1 ? $"queue capacity `{options.QueueCapacity}`: must be at least 1"
            : options.Deadline < Shortest ? $"deadline `{options.Deadline}`: must be at least 10 ms"
            : options.RetryInterval < Shortest ? $"retry interval `{options.RetryInterval}`: must be at least 10 ms"
            : null;
        if (problem is not null) throw new ArgumentException($"audit log: {problem}", nameof(options));
    }

    private static TimeSpan Shortest => TimeSpan.FromMilliseconds(10);
}
