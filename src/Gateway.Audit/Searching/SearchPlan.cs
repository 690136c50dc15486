using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>
/// A search as SQL over the index: the text has only fixed words, what the search holds is bound. Which index leads is decided here, not by SQLite, which knows
/// nothing of how many events a value has: the one that leads to the fewest, counted as far as is cheap. Several values are several statements, each in the order
/// of the page and none longer than it, so that nothing is ever sorted but a few pages.
/// </summary>
internal sealed class SearchPlan
{
    // Of two indexes that both lead to so many events, it hardly matters which is taken.
    private const int CountedAtMost = 1000;

    private static readonly string[] TimeFormats =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private readonly EventSearch _search;
    private readonly SqliteConnection _connection;
    private readonly string? _words;
    private readonly List<Clause> _clauses = [];

    public SearchPlan(EventSearch search, SqliteConnection connection)
    {
        if (search.Limit is < 1 or > 1000) throw new EventSearchException($"limit `{search.Limit}`: must lie between 1 and 1000");
        _search = search;
        _connection = connection;
        if (search.Text is { } text) _words = EventWords.Expression(text) ?? throw new EventSearchException($"search `{text}`: holds no word; a word has letters, digits, `-` and `_`");
        foreach (var condition in search.Conditions) Add(condition);
        if (search.OnlyProject is { } project)
        {
            _clauses.Add(new Clause(sql => sql.Add("(project_id = ", project).Add(" OR target_project = ", project).Add(")"))
            {
                Ways =
                [
                    new Way(SearchIndex.Project, sql => sql.Add("project_id = ", project)),
                    new Way(SearchIndex.TargetProject, sql => sql.Add("target_project = ", project)),
                ],
            });
        }

        if (search.Cursor is { } cursor) AddCursor(cursor);
    }

    /// <summary>The statements that find a page, one after the other; each row a sequence number and a time.</summary>
    public IEnumerable<SqliteStatement> Statements() => Texts().Select(text => text.Prepare(_connection));

    /// <inheritdoc cref="Statements"/>
    internal IEnumerable<SqlText> Texts()
    {
        var direction = _search.Order == AuditOrder.NewestFirst ? "DESC" : "ASC";
        if (_words is not null)
        {
            // By words the order is that of the word index.
            yield return Where(new SqlText().Add($"SELECT event.sequence, event.time FROM word CROSS JOIN event ON event.sequence = word.rowid WHERE word MATCH ", _words), null)
                .Add($" ORDER BY word.rowid {direction} LIMIT {_search.Limit + 1}");
            yield break;
        }

        var leading = Leading();
        foreach (var way in leading?.Ways ?? [])
            yield return Where(way.Begin("SELECT sequence, time"), leading).Add($" ORDER BY time {direction}, sequence {direction} LIMIT {_search.Limit + 1}");
        if (leading is null)
            yield return Where(new SqlText().Add("SELECT sequence, time FROM event INDEXED BY event_by_time WHERE TRUE"), null).Add($" ORDER BY time {direction}, sequence {direction} LIMIT {_search.Limit + 1}");
    }

    /// <summary>What the statements found, in the order of the page. An event that is both a project's own and about it is found twice.</summary>
    public IEnumerable<(long Sequence, long Time)> Ordered(IEnumerable<(long Sequence, long Time)> rows) => _words is not null ? rows
        : _search.Order == AuditOrder.NewestFirst ? rows.Distinct().OrderByDescending(row => row.Time).ThenByDescending(row => row.Sequence)
        : rows.Distinct().OrderBy(row => row.Time).ThenBy(row => row.Sequence);

    /// <summary>Puts the numbers of all that is found into a table.</summary>
    public IEnumerable<SqliteStatement> Into(string table)
    {
        var insert = $"INSERT OR IGNORE INTO {table} SELECT event.sequence";
        var leading = _words is null ? Leading() : null;
        return leading is null
            ? [Where(All(insert), null).Prepare(_connection)]
            : leading.Ways.Select(way => Where(way.Begin(insert), leading).Prepare(_connection));
    }

    /// <summary>How many rows each value of a column has.</summary>
    public SqliteStatement Counts(string column, int limit) =>
        Where(All($"SELECT {column}, count(*)"), null).Add($" GROUP BY {column} ORDER BY 2 DESC, 1 LIMIT {limit}").Prepare(_connection);

    private SqlText All(string what) => _words is null
        ? new SqlText().Add($"{what} FROM event WHERE TRUE")
        : new SqlText().Add($"{what} FROM word CROSS JOIN event ON event.sequence = word.rowid WHERE word MATCH ", _words);

    private SqlText Where(SqlText sql, Clause? leading)
    {
        foreach (var clause in _clauses.Where(clause => clause != leading)) clause.AddTo(sql.Add(" AND "));
        return sql;
    }

    /// <summary>The condition whose index leads; null when none has one.</summary>
    private Clause? Leading()
    {
        var candidates = _clauses.Where(clause => clause.Ways.Count > 0).ToList();
        return candidates.Count <= 1 ? candidates.FirstOrDefault() : candidates.MinBy(clause => (Count(clause), clause.Ways[0].Index.Rank));
    }

    private long Count(Clause clause)
    {
        var count = 0L;
        foreach (var way in clause.Ways)
        {
            var sql = way.Begin("SELECT count(*) FROM (SELECT 1");
            if (way.Index.Key is null)
                foreach (var time in _clauses.Where(other => other.IsTime)) time.AddTo(sql.Add(" AND "));
            using var read = sql.Add($" LIMIT {CountedAtMost})").Prepare(_connection);
            read.Step();
            count += read.Int64(0);
            if (count >= CountedAtMost) return CountedAtMost;
        }

        return count;
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
        var values = condition.Values.Distinct(StringComparer.Ordinal).ToList();
        _clauses.Add(condition.Comparison switch
        {
            Comparison.Is => new Clause(sql => sql.AddList($"{column} IN", values))
            {
                Ways = SearchIndex.Of(column) is not { } index ? [] : [.. values.Select(value => new Way(index, sql =>
                    index.Key is { } key ? sql.Add($"{key} = ", IndexKey.Of(value)).Add($" AND {column} = ", value) : sql.Add($"{column} = ", value)))],
            },
            Comparison.IsNot => new Clause(sql => sql.Add($"({column} IS NULL OR ").AddList($"{column} NOT IN", values).Add(")")),
            var other => new Clause(sql => sql.Add($"{column} {SignOf(other)} ", values[0])),
        });
    }

    private void AddTime(EventCondition condition)
    {
        foreach (var text in condition.Values)
        {
            if (!DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                throw new EventSearchException($"time `{text}`: write one such as 2026-03-01, 2026-03-01T12:00:00 or 2026-03-01T12:00:00+01:00");
            var sign = condition.Comparison switch { Comparison.Is => "=", Comparison.IsNot => "<>", var other => SignOf(other) };
            _clauses.Add(new Clause(sql => sql.Add($"time {sign} ", RecordColumns.Microseconds(time))) { IsTime = true });
        }
    }

    private void AddCursor(string cursor)
    {
        var parts = cursor.Split('.');
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            throw new EventSearchException($"cursor `{cursor}`: is not one that a page gave");
        var sign = _search.Order == AuditOrder.NewestFirst ? "<" : ">";
        _clauses.Add(_words is not null
            ? new Clause(sql => sql.Add($"word.rowid {sign} ", sequence))
            : new Clause(sql => sql.Add($"time {sign}= ", time).Add($" AND (time, sequence) {sign} (", time).Add(", ", sequence).Add(")")) { IsTime = true });
    }

    private static string SignOf(Comparison comparison) => comparison switch
    {
        Comparison.Above => ">",
        Comparison.AtLeast => ">=",
        Comparison.Below => "<",
        _ => "<=",
    };

    /// <summary>A condition.</summary>
    private sealed class Clause(Func<SqlText, SqlText> add)
    {
        /// <summary>Its events, each of them in one of these or in several, when it can lead.</summary>
        public IReadOnlyList<Way> Ways { get; init; } = [];

        /// <summary>It restricts the time, which every index has, too.</summary>
        public bool IsTime { get; init; }

        public void AddTo(SqlText sql) => add(sql);
    }

    /// <summary>The part of a condition's events that an index leads to.</summary>
    private sealed record Way(SearchIndex Index, Func<SqlText, SqlText> AddTo)
    {
        public SqlText Begin(string select) => AddTo(new SqlText().Add($"{select} FROM event INDEXED BY {Index.Name} WHERE "));
    }
}

/// <summary>The text of a statement, and what is bound to it.</summary>
internal sealed class SqlText
{
    private readonly StringBuilder _text = new();
    private readonly List<object> _values = [];

    public SqlText Add(string text)
    {
        _text.Append(text);
        return this;
    }

    /// <param name="text">Text.</param>
    /// <param name="value">What is bound behind it: text or a number.</param>
    public SqlText Add(string text, object value)
    {
        _values.Add(value);
        _text.Append(text).Append('?').Append(_values.Count);
        return this;
    }

    public SqlText AddList(string text, IReadOnlyList<string> values)
    {
        for (var i = 0; i < values.Count; i++) Add(i == 0 ? $"{text} (" : ", ", values[i]);
        return Add(")");
    }

    public override string ToString() => _text.ToString();

    public SqliteStatement Prepare(SqliteConnection connection, string prefix = "")
    {
        var statement = new SqliteStatement(connection, prefix + _text);
        for (var i = 0; i < _values.Count; i++)
        {
            if (_values[i] is long number) statement.Bind(i + 1, number);
            else statement.Bind(i + 1, (string)_values[i]);
        }

        return statement;
    }
}
