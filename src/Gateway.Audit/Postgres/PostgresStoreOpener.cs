using Npgsql;

namespace Gateway.Audit;

/// <summary>Opens one gateway's chain in a PostgreSQL database.</summary>
internal sealed class PostgresStoreOpener : IAuditStoreOpener
{
    private readonly AuditLogOptions _options;
    private readonly string _connectionString;
    private readonly Chain _chain;

    public PostgresStoreOpener(AuditLogOptions options, string connectionString)
    {
        _options = options;
        _chain = new Chain(options.StreamId);

        // A server that hangs is a server that failed: every statement has a limit, and a dead peer is noticed.
        _connectionString = new NpgsqlConnectionStringBuilder(PostgresConnections.Watched(connectionString))
        {
            Pooling = false,
            Timeout = 5,
            CommandTimeout = 5,
            CancellationTimeout = 500,
            KeepAlive = 5,
            ApplicationName = $"gateway {options.StreamId}",
        }.ToString();
    }

    public IAuditStore Open() => PostgresStore.Open(_connectionString, _chain);

    public IAuditStore Reopen() => Open();

    public IAuditStore? Continue(IAuditStore store) => null;

    public StoreReading OpenReading() => StoreReading.Of(PostgresSource.Open(_connectionString, _options.StreamId));

    // A statement of a connection that broke says that its state does not allow it.
    public bool IsFault(Exception e) => e is NpgsqlException or AuditStoreException or IOException or TimeoutException or InvalidOperationException or ObjectDisposedException;

    public AuditStoreException Explain(Exception e) => e switch
    {
        AuditStoreException known => known,
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName } =>
            new($"{_options.Path}: there are no tables for the record: run `gatewayctl audit migrate`", e),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } =>
            new($"{_options.Path}: the role may not write the chain of `{_options.StreamId}`: run `gatewayctl audit migrate --writer ROLE --stream {_options.StreamId}`", e),
        PostgresException { SqlState: PostgresErrorCodes.UndefinedFunction } =>
            new($"{_options.Path}: the tables are those of an older version: run `gatewayctl audit migrate`", e),
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } => new($"{_options.Path}: something else wrote to the chain of `{_options.StreamId}`", e),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new($"{_options.Path}: the disk of the database is full; free some space", e),
        _ => new($"{_options.Path}: {e.Message}", e),
    };

    public void Dispose()
    {
    }
}
