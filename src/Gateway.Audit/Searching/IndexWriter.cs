using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>Writes an index: takes in records, forgets those that the store dropped. Its statements are prepared once.</summary>
internal sealed class IndexWriter : IDisposable
{
    // So many at a time are deleted, or so many pages of words merged: others may write in between.
    private const int ForgottenAtOnce = 2000;
    private const int MergedAtOnce = 500;

    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _event;
    private readonly SqliteStatement _word;
    private readonly SqliteStatement _through;
    private readonly IndexedRecord _record = new();

    public IndexWriter(SqliteConnection connection)
    {
        _connection = connection;
        _event = new SqliteStatement(connection, $"INSERT INTO event VALUES ({string.Join(", ", Enumerable.Range(1, IndexedRecord.Columns + 5).Select(i => $"?{i}"))})");
        _word = new SqliteStatement(connection, "INSERT INTO word (rowid, text) VALUES (?1, ?2)");
        _through = new SqliteStatement(connection, "UPDATE source SET through = ?1, hash = ?2 WHERE id = 1");
    }

    /// <summary>Takes in records that follow those that it has.</summary>
    /// <exception cref="AuditStoreException">One of them is no record.</exception>
    public void Add(IReadOnlyList<RecordBytes> records)
    {
        using var transaction = _connection.BeginTransaction();
        foreach (var record in records)
        {
            try
            {
                _record.Read(record.Bytes.Span);
            }
            catch (FormatException e)
            {
                throw new AuditStoreException($"record {record.Sequence}: {e.Message}; verify the store", e);
            }

            Add(record.Sequence);
        }

        _through.Bind(1, records[^1].Sequence);
        _through.Bind(2, records[^1].Hash.Span);
        _through.Execute();
        transaction.Commit();
    }

    /// <summary>Forgets the records up to a number, many at a time.</summary>
    public void Forget(long last, CancellationToken ct)
    {
        if (First() is not { } first || first > last) return;

        // Pages that become free are emptied, too.
        Run("PRAGMA secure_delete = ON");
        try
        {
            for (; first <= last && !ct.IsCancellationRequested; first = First() ?? long.MaxValue) ForgetSome(first, Math.Min(last, first + ForgottenAtOnce - 1));
            while (!ct.IsCancellationRequested && Merge())
            {
            }
        }
        finally
        {
            Run("PRAGMA secure_delete = FAST");
        }
    }

    public void Clear()
    {
        using var transaction = _connection.BeginTransaction();
        Run("DELETE FROM event");
        Run("INSERT INTO word (word) VALUES ('delete-all')");
        Run("UPDATE source SET through = 0, hash = zeroblob(32), forgotten = 0");
        transaction.Commit();
    }

    public void Dispose()
    {
        _event.Dispose();
        _word.Dispose();
        _through.Dispose();
    }

    private void Add(long sequence)
    {
        _event.Bind(1, sequence);
        _event.Bind(2, _record.Time);
        for (var field = IndexedField.Id; field < IndexedField.DecisionCode; field++)
        {
            if (_record.Has(field)) _event.BindText((int)field + 3, _record[field]);
            else _event.BindNull((int)field + 3);
        }

        BindKey(1, IndexedField.Id);
        BindKey(2, IndexedField.RequestId);
        BindKey(3, IndexedField.BackendId);
        _event.Execute();
        _word.Bind(1, sequence);
        _word.BindText(2, _record.Words);
        _word.Execute();
    }

    private void BindKey(int key, IndexedField field)
    {
        if (_record.Has(field)) _event.Bind(IndexedRecord.Columns + 2 + key, IndexKey.Of(_record[field]));
        else _event.BindNull(IndexedRecord.Columns + 2 + key);
    }

    private long? First()
    {
        using var read = new SqliteStatement(_connection, "SELECT min(sequence) FROM event");
        return read.Step() && !read.IsNull(0) ? read.Int64(0) : null;
    }

    private void ForgetSome(long first, long last)
    {
        using var transaction = _connection.BeginTransaction();
        using (var words = new SqliteStatement(_connection, "DELETE FROM word WHERE rowid IN (SELECT sequence FROM event WHERE sequence BETWEEN ?1 AND ?2)"))
        {
            words.Bind(1, first);
            words.Bind(2, last);
            words.Execute();
        }

        using (var events = new SqliteStatement(_connection, "DELETE FROM event WHERE sequence BETWEEN ?1 AND ?2"))
        {
            events.Bind(1, first);
            events.Bind(2, last);
            events.Execute();
        }

        using (var forgotten = new SqliteStatement(_connection, "UPDATE source SET forgotten = ?1 WHERE id = 1"))
        {
            forgotten.Bind(1, last);
            forgotten.Execute();
        }

        transaction.Commit();
    }

    /// <summary>Writes some of the words anew without those that were deleted; false when there is nothing to be gained.</summary>
    private bool Merge()
    {
        var before = Changes();
        Run($"INSERT INTO word (word, rank) VALUES ('merge', {MergedAtOnce})");

        // As SQLite's documentation says to tell whether it did anything.
        return Changes() - before >= 2;
    }

    private long Changes() => SQLitePCL.raw.sqlite3_total_changes(_connection.Handle!);

    private void Run(string sql)
    {
        using var statement = new SqliteStatement(_connection, sql);
        statement.Execute();
    }
}
