using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>A search as SQL over the index: the text has only fixed words, what the search holds is bound.</summary>
internal sealed class SearchStatement
{
    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private readonly List<object> _values = [];
    private readonly StringBuilder _where = new();
    private readonly EventSearch _search;
    private readonly bool _byWords;

    public SearchStatement(EventSearch search)
    {
        if (search.Limit is < 1 or > 1000) throw new EventSearchException($"limit `{search.Limit}`: must lie between 1 and 1000");
        _search = search;
        if (search.Text is { } text)
        {
            var words = EventWords.Expression(text) ?? throw new EventSearchException($"search `{text}`: holds no word; a word has letters, digits, `-` and `_`");
            _byWords = true;
            And($"word MATCH ?{Bind(words)}");
        }

        foreach (var condition in search.Conditions) Add(condition);
        if (search.OnlyProject is { } project)
        {
            var own = Bind(project);
            And($"(project_id = ?{own} OR target_project = ?{own})");
        }

        if (search.Cursor is { } cursor) AddCursor(cursor);
    }

    /// <summary>The page, each row a sequence number and a time.</summary>
    public SqliteStatement Prepare(SqliteConnection connection)
    {
        var direction = _search.Order == AuditOrder.NewestFirst ? "DESC" : "ASC";
        // By words the order is that of the word index; otherwise that of every other index.
        var (from, order) = _byWords
            ? ("word CROSS JOIN event ON event.sequence = word.rowid", $"word.rowid {direction}")
            : ("event", $"time {direction}, sequence {direction}");
        return Bound(new SqliteStatement(connection, $"SELECT sequence, time FROM {from}{_where} ORDER BY {order} LIMIT {_search.Limit + 1}"));
    }

    /// <summary>How many rows each value of a column has.</summary>
    public SqliteStatement PrepareCounts(SqliteConnection connection, string column, int limit)
    {
        var from = _byWords ? "word CROSS JOIN event ON event.sequence = word.rowid" : "event";
        return Bound(new SqliteStatement(connection, $"SELECT {column}, count(*) FROM {from}{_where} GROUP BY {column} ORDER BY 2 DESC, 1 LIMIT {limit}"));
    }

    private SqliteStatement Bound(SqliteStatement statement)
    {
        for (var i = 0; i < _values.Count; i++)
        {
            if (_values[i] is long number) statement.Bind(i + 1, number);
            else statement.Bind(i + 1, (string)_values[i]);
        }

        return statement;
    }

    private void Add(EventCondition condition)
    {
        if (condition.Values.Count == 0) throw new EventSearchException($"{condition.Attribute}: a value is missing");
        if (condition.Attribute == "time")
        {
            AddTime(condition);
            return;
        }

        var column = EventAttributes.ColumnOf(condition.Attribute);
        switch (condition.Comparison)
        {
            case Comparison.Is:
                And($"{column} IN ({Placeholders(condition.Values)})");
                break;
            case Comparison.IsNot:
                And($"({column} IS NULL OR {column} NOT IN ({Placeholders(condition.Values)}))");
                break;
            default:
                And($"{column} {SignOf(condition.Comparison)} ?{Bind(condition.Values[0])}");
                break;
        }
    }

    private void AddTime(EventCondition condition)
    {
        foreach (var text in condition.Values)
        {
            if (!DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                throw new EventSearchException($"time `{text}`: write one such as 2026-03-01, 2026-03-01T12:00:00 or 2026-03-01T12:00:00+01:00");
            var sign = condition.Comparison switch { Comparison.Is => "=", Comparison.IsNot => "<>", var other => SignOf(other) };
            And($"time {sign} ?{Bind(RecordColumns.Microseconds(time))}");
        }
    }

    private void AddCursor(string cursor)
    {
        var parts = cursor.Split('.');
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            throw new EventSearchException($"cursor `{cursor}`: is not one that a page gave");
        var sign = _search.Order == AuditOrder.NewestFirst ? "<" : ">";
        And(_byWords ? $"word.rowid {sign} ?{Bind(sequence)}" : $"(time, sequence) {sign} (?{Bind(time)}, ?{Bind(sequence)})");
    }

    private string Placeholders(IReadOnlyList<string> values) => string.Join(", ", values.Select(value => $"?{Bind(value)}"));

    private static string SignOf(Comparison comparison) => comparison switch
    {
        Comparison.Above => ">",
        Comparison.AtLeast => ">=",
        Comparison.Below => "<",
        _ => "<=",
    };

    private void And(string condition) => _where.Append(_where.Length == 0 ? " WHERE " : " AND ").Append(condition);

    private int Bind(object value)
    {
        _values.Add(value);
        return _values.Count;
    }
}
