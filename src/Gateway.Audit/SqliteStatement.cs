using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Audit;

/// <summary>A prepared statement, without the per-call costs of ADO.NET: it binds from spans and reads into spans.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _statement;
    private readonly nint _row;

    public SqliteStatement(SqliteConnection connection, string sql)
        : this(connection.Handle ?? throw new InvalidOperationException("the connection is closed"), sql)
    {
    }

    public SqliteStatement(sqlite3 db, string sql)
    {
        _db = db;
        Check(raw.sqlite3_prepare_v2(_db, sql, out _statement));
        _row = _statement.DangerousGetHandle();
    }

    public void Bind(int index, long value) => Check(raw.sqlite3_bind_int64(_statement, index, value));

    public void Bind(int index, ReadOnlySpan<byte> value) => Check(raw.sqlite3_bind_blob(_statement, index, value));

    public void Bind(int index, string? value)
    {
        if (value is null)
        {
            Check(raw.sqlite3_bind_null(_statement, index));
            return;
        }

        // The length is given: text may hold NUL, and must compare as it stands in the record.
        Span<byte> stack = stackalloc byte[256];
        var size = Encoding.UTF8.GetMaxByteCount(value.Length);
        var utf8 = size <= stack.Length ? stack : new byte[size];
        Check(raw.sqlite3_bind_text(_statement, index, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
    }

    public void BindText(int index, ReadOnlySpan<byte> utf8) => Check(raw.sqlite3_bind_text(_statement, index, utf8));

    public void BindNull(int index) => Check(raw.sqlite3_bind_null(_statement, index));

    /// <summary>Steps to the next row; false at the end.</summary>
    public bool Step()
    {
        var rc = raw.sqlite3_step(_statement);
        if (rc == raw.SQLITE_ROW) return true;
        if (rc == raw.SQLITE_DONE) return false;
        Check(rc);
        return false;
    }

    /// <summary>Runs a statement that returns no rows, ready to be bound again.</summary>
    public void Execute()
    {
        try
        {
            while (Step())
            {
            }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Runs it with one more value, which is long, and is not copied first.</summary>
    public unsafe void Execute(int index, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value)
        {
            Check(SqliteRow.BindInPlace(_row, index, bytes, value.Length));
            try
            {
                Execute();
            }
            finally
            {
                // Nothing of the statement points to these bytes any more.
                BindNull(index);
            }
        }
    }

    public int Changes => raw.sqlite3_changes(_db);

    // The code repeats the error that the step has already reported.
    public void Reset() => raw.sqlite3_reset(_statement);

    public bool IsNull(int column) => SqliteRow.Type(_row, column) == raw.SQLITE_NULL;

    public bool IsBlob(int column) => SqliteRow.Type(_row, column) == raw.SQLITE_BLOB;

    public bool IsText(int column) => SqliteRow.Type(_row, column) == raw.SQLITE_TEXT;

    public bool IsInteger(int column) => SqliteRow.Type(_row, column) == raw.SQLITE_INTEGER;

    public long Int64(int column) => SqliteRow.Int64(_row, column);

    /// <summary>The column's bytes, valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => SqliteRow.Bytes(_row, column);

    public string? Text(int column) => IsNull(column) ? null : Encoding.UTF8.GetString(Blob(column));

    public void Dispose() => _statement.Dispose();

    private void Check(int rc)
    {
        if (rc != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(rc, _db);
    }
}
