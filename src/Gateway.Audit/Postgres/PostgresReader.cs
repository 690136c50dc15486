using Npgsql;

namespace Gateway.Audit;

/// <summary>Reads the events of one chain of a PostgreSQL database by filter, as <see cref="AuditReader"/> reads those of a file.</summary>
internal static class PostgresReader
{
    private const int PageSize = 500;

    /// <exception cref="AuditStoreException">The database cannot be read.</exception>
    public static IEnumerable<StoredAuditEvent> Read(string connectionString, string stream, AuditFilter filter)
    {
        using var connection = PostgresRecords.Connect(connectionString);
        var query = new Query(connection, stream, filter);
        var left = filter.Limit ?? int.MaxValue;
        long? from = null;
        while (left > 0)
        {
            var asked = Math.Min(left, PageSize);
            var page = PostgresRecords.Guarded(stream, () => query.Page(from, asked));
            foreach (var stored in page) yield return stored;
            if (page.Count < asked) yield break;
            left -= page.Count;
            from = page[^1].Sequence;
        }
    }

    /// <summary>The names of the chains in a database.</summary>
    /// <exception cref="AuditStoreException">The database cannot be read.</exception>
    public static IReadOnlyList<string> Streams(string connectionString)
    {
        using var connection = PostgresRecords.Connect(connectionString);
        return PostgresRecords.Guarded("all", () =>
        {
            // From one name to the next by the key, not through all records.
            using var command = new NpgsqlCommand(
                """
                WITH RECURSIVE found (name) AS (
                    SELECT min(stream) FROM audit.record
                    UNION ALL SELECT (SELECT min(stream) FROM audit.record WHERE stream > found.name) FROM found WHERE found.name IS NOT NULL)
                SELECT name FROM found WHERE name IS NOT NULL
                """,
                connection);
            using var rows = command.ExecuteReader();
            var names = new List<string>();
            while (rows.Read()) names.Add(rows.GetString(0));
            return names;
        });
    }

    /// <summary>A filter as SQL: the text has only fixed words, what the filter holds is a parameter.</summary>
    private sealed class Query
    {
        private readonly NpgsqlConnection _connection;
        private readonly AuditFilter _filter;
        private readonly List<string> _conditions = [];
        private readonly List<object> _values = [];

        public Query(NpgsqlConnection connection, string stream, AuditFilter filter)
        {
            (_connection, _filter) = (connection, filter);
            Where("stream = ", stream);
            if (filter.User is { } user) _conditions.Add($"(initiator_id = {Bind(Storable(user))} OR initiator_name = ${_values.Count})");
            Where("project_id = ", Storable(filter.ProjectId));
            Where("action = ", Storable(filter.Action));
            Where("outcome = ", filter.Outcome is { } outcome ? AuditWords.Of(outcome) : null);
            Where("kind = ", filter.Kind is { } kind ? AuditWords.Of(kind) : null);
            Where("target_id = ", Storable(filter.TargetId));
            if (filter.RequestId is { } request) _conditions.Add($"request_id = ANY({Bind(RequestIds(stream, request))})");
            Where("event_time >= ", filter.From is { } from ? RecordColumns.Microseconds(from) : null);
            Where("event_time < ", filter.To is { } to ? RecordColumns.Microseconds(to) : null);
            Where("sequence > ", filter.After);
            Where("sequence < ", filter.Before);
        }

        public List<StoredAuditEvent> Page(long? from, int limit)
        {
            var newestFirst = _filter.Order == AuditOrder.NewestFirst;
            var conditions = string.Join(" AND ", _conditions) + (from is null ? "" : $" AND sequence {(newestFirst ? "<" : ">")} ${_values.Count + 1}");
            using var command = Command(
                $"SELECT sequence, previous, hash, body FROM audit.record WHERE {conditions} ORDER BY sequence {(newestFirst ? "DESC" : "ASC")} LIMIT {limit}",
                from is { } start ? [.. _values, start] : _values);
            return PostgresRecords.Rows(command);
        }

        /// <summary>
        /// The gateway's own ids of the calls that a client knows by this one: a client whose call was forwarded was told the backend's, which stands in the outcome.
        /// </summary>
        private string[] RequestIds(string stream, string id) => PostgresRecords.Guarded(stream, () =>
        {
            using var command = Command("SELECT sequence, previous, hash, body FROM audit.record WHERE stream = $1 AND kind = 'outcome' AND position(convert_to($2, 'UTF8') IN body) > 0", [stream, Storable(id)!]);
            return (string[])[Storable(id)!, .. PostgresRecords.Rows(command).Where(stored => stored.Event.Backend?.RequestId == id).Select(stored => stored.Event.RequestId).OfType<string>()];
        });

        private static string? Storable(string? text) => PostgresStore.Storable(text);

        private NpgsqlCommand Command(string sql, IEnumerable<object> values)
        {
#pragma warning disable CA2100 // The conditions are this file's own; values are parameters.
            var command = new NpgsqlCommand(sql, _connection);
#pragma warning restore CA2100
            foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
            return command;
        }

        private void Where(string condition, object? value)
        {
            if (value is not null) _conditions.Add(condition + Bind(value));
        }

        private string Bind(object? value)
        {
            _values.Add(value!);
            return $"${_values.Count}";
        }
    }
}
