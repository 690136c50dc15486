namespace Gateway.Audit;

/// <summary>Where a record is kept: a store of files, or one chain of a PostgreSQL database. Whoever reads one begins here.</summary>
public abstract class AuditSource
{
    /// <summary>What messages call it: a path, or a database without credentials.</summary>
    public abstract string Name { get; }

    /// <summary>The chain's name.</summary>
    /// <exception cref="AuditStoreException">It cannot be read.</exception>
    public abstract string Stream { get; }

    public static AuditSource Of(string path) => new FileSource(path);

    /// <param name="connectionString">A database.</param>
    /// <param name="stream">One of its chains.</param>
    public static AuditSource Of(string connectionString, string stream) => new PostgresChain(connectionString, stream);

    /// <exception cref="AuditStoreException">It cannot be read.</exception>
    public abstract IAuditRecords OpenRecords();

    /// <summary>The events that a filter lets through.</summary>
    /// <exception cref="AuditStoreException">They cannot be read.</exception>
    public abstract IEnumerable<StoredAuditEvent> Read(AuditFilter filter);

    /// <summary>The record with this number; null when there is none.</summary>
    /// <exception cref="AuditStoreException">It cannot be read.</exception>
    public StoredAuditEvent? Find(long sequence)
    {
        using var records = OpenRecords();
        return records.Find(sequence);
    }

    /// <summary>Checks every record.</summary>
    /// <exception cref="AuditStoreException">It cannot be read as a record at all.</exception>
    public abstract VerifyReport Verify(VerifyOptions? options = null, CancellationToken ct = default);

    internal abstract StoreReading OpenReading();

    private sealed class FileSource(string path) : AuditSource
    {
        public override string Name => path;

        public override string Stream => StreamName.Of(path);

        public override IAuditRecords OpenRecords() => StoreKind.IsLines(path) ? LineRecords.Open(path) : AuditRecords.Open(path);

        public override IEnumerable<StoredAuditEvent> Read(AuditFilter filter) => AuditReader.Read(path, filter);

        public override VerifyReport Verify(VerifyOptions? options = null, CancellationToken ct = default) => AuditVerifier.Verify(path, options, ct);

        internal override StoreReading OpenReading() => StoreReading.Open(path);
    }

    private sealed class PostgresChain(string connectionString, string stream) : AuditSource
    {
        public override string Name { get; } = $"{PostgresLog.NameOf(connectionString)} {stream}";

        public override string Stream => stream;

        public override IAuditRecords OpenRecords() => PostgresRecords.Open(connectionString, stream);

        public override IEnumerable<StoredAuditEvent> Read(AuditFilter filter) => PostgresReader.Read(connectionString, stream, filter);

        public override VerifyReport Verify(VerifyOptions? options = null, CancellationToken ct = default) => PostgresLog.Verify(connectionString, stream, options, ct);

        internal override StoreReading OpenReading() => StoreReading.Of(PostgresSource.Open(connectionString, stream));
    }
}
