using Npgsql;

namespace Gateway.Audit;

/// <summary>A gateway's log in a PostgreSQL database that many gateways share, each with a chain of its own.</summary>
public static class PostgresLog
{
    /// <summary>Opens the chain, or begins it. The tables must have been made by <see cref="PostgresMigrations"/>.</summary>
    /// <param name="options">As for a file; <see cref="AuditLogOptions.Path"/> is only what messages call the store, see <see cref="NameOf"/>.</param>
    /// <exception cref="AuditStoreException">The database cannot be used, the chain's head does not hold, or another process writes it.</exception>
    public static Task<AuditLog> OpenAsync(AuditLogOptions options, string connectionString, TimeProvider time)
    {
        AuditLogOptions.ThrowIfInvalid(options);
        return AuditLog.OpenAsync(options, time, new PostgresStoreOpener(options, connectionString));
    }

    /// <summary>What messages call a database: without the password.</summary>
    /// <exception cref="ArgumentException">It is not a connection string.</exception>
    public static string NameOf(string connectionString)
    {
        var parts = new NpgsqlConnectionStringBuilder(connectionString);
        return $"postgresql://{parts.Host}:{parts.Port}/{parts.Database}";
    }

    /// <summary>Checks one chain.</summary>
    /// <exception cref="AuditStoreException">The database cannot be read.</exception>
    public static VerifyReport Verify(string connectionString, string stream, VerifyOptions? options = null, CancellationToken ct = default)
    {
        using var source = PostgresSource.Open(connectionString, stream);
        try
        {
            return AuditVerifier.Verify($"{source.Name} {stream}", [source], options, ct);
        }
        catch (NpgsqlException e)
        {
            throw new AuditStoreException($"{source.Name}: the database cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The names of the chains in a database.</summary>
    /// <exception cref="AuditStoreException">The database cannot be read.</exception>
    public static IReadOnlyList<string> Streams(string connectionString) => PostgresReader.Streams(connectionString);
}
