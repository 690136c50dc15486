using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>A filter as SQL: the text has only fixed words, what the filter holds is bound.</summary>
internal sealed class AuditQuery
{
    private readonly List<string> _conditions = [];
    private readonly List<object> _values = [];
    private readonly AuditFilter _filter;

    public AuditQuery(AuditFilter filter)
    {
        _filter = filter;
        if (filter.User is not null)
        {
            _conditions.Add($"(initiator_id = ?{Bind(filter.User)} OR initiator_name = ?{_values.Count})");
        }

        Where("project_id = ", filter.ProjectId);
        Where("action = ", filter.Action);
        Where("outcome = ", filter.Outcome is { } outcome ? AuditWords.Of(outcome) : null);
        Where("kind = ", filter.Kind is { } kind ? AuditWords.Of(kind) : null);
        Where("target_id = ", filter.TargetId);
        if (filter.RequestId is not null)
        {
            // A client whose call was forwarded was told the backend's id, which stands in the outcome; the intent is found through it.
            var own = Bind(filter.RequestId);
            _conditions.Add($"""
                (request_id = ?{own} OR request_id IN (SELECT answered.request_id FROM record AS answered
                WHERE instr(answered.body, CAST(?{own} AS BLOB)) > 0 AND json_valid(CAST(answered.body AS TEXT))
                AND EXISTS (SELECT 1 FROM json_each(CAST(answered.body AS TEXT), '$.attachments') AS attached
                WHERE attached.value ->> '$.name' = 'backend' AND attached.value ->> '$.content.request_id' = ?{own})))
                """);
        }

        Where("event_time >= ", filter.From is { } from ? RecordColumns.Microseconds(from) : null);
        Where("event_time < ", filter.To is { } to ? RecordColumns.Microseconds(to) : null);
        Where("sequence > ", filter.After);
        Where("sequence < ", filter.Before);
    }

    /// <summary>The page of at most <paramref name="limit"/> records that follows record <paramref name="from"/> in the filter's order.</summary>
    public SqliteStatement Prepare(SqliteConnection connection, long? from, int limit)
    {
        var newestFirst = _filter.Order == AuditOrder.NewestFirst;
        var conditions = new List<string>(_conditions);
        if (from is not null) conditions.Add(newestFirst ? $"sequence < ?{_values.Count + 1}" : $"sequence > ?{_values.Count + 1}");

        var where = conditions.Count == 0 ? "" : " WHERE " + string.Join(" AND ", conditions);
        var statement = new SqliteStatement(
            connection,
            $"SELECT sequence, previous, hash, body FROM record{where} ORDER BY sequence {(newestFirst ? "DESC" : "ASC")} LIMIT {limit}");
        for (var i = 0; i < _values.Count; i++)
        {
            if (_values[i] is long number) statement.Bind(i + 1, number);
            else statement.Bind(i + 1, (string)_values[i]);
        }

        if (from is { } start) statement.Bind(_values.Count + 1, start);
        return statement;
    }

    private void Where(string condition, object? value)
    {
        if (value is not null) _conditions.Add($"{condition}?{Bind(value)}");
    }

    private int Bind(object value)
    {
        _values.Add(value);
        return _values.Count;
    }
}
