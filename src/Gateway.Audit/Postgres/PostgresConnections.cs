using Npgsql;

namespace Gateway.Audit;

/// <summary>How the database is connected to, besides what operators say.</summary>
internal static class PostgresConnections
{
    /// <summary>A peer that is gone without a word is noticed within half a minute, not after the system's two hours.</summary>
    public static string Watched(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        // What the operator sets himself stands.
        if (builder.TcpKeepAliveTime == 0 && builder.TcpKeepAliveInterval == 0) (builder.TcpKeepAliveTime, builder.TcpKeepAliveInterval) = (10, 5);
        return builder.ToString();
    }
}
