using Gateway.Peers;
using Npgsql;

namespace Gateway.Audit.Tests;

/// <summary>A PostgreSQL for a class of tests, with databases that have the record's tables.</summary>
public sealed class PostgresDatabases : IAsyncLifetime
{
    private PostgresServer? _server;

    internal PostgresServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.NewAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>A new database with the record's tables; how the gateways' role connects to it.</summary>
    public string NewDatabase()
    {
        var database = Server.NewDatabase();
        Assert.Equal([1, 2], PostgresMigrations.Apply(PostgresServer.OwnerOf(database), "gateway", "gw-1", "gw-2"));
        Assert.Empty(PostgresMigrations.Apply(PostgresServer.OwnerOf(database), "gateway", "gw-1", "gw-2"));
        return database;
    }

    public static void Execute(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
