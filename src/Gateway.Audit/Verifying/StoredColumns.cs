using System.Text;

namespace Gateway.Audit;

/// <summary>The columns beside a record as they stand, until they are compared with what the record says; each by its place in <see cref="RecordField"/>.</summary>
internal interface IStoredColumns
{
    /// <summary>Nothing stands beside the record, so nothing can differ.</summary>
    bool AreAbsent { get; }

    bool IsNull(int column);

    /// <summary>The type counts: a BLOB of the same bytes is found by no search for text.</summary>
    bool TryText(int column, out ReadOnlySpan<byte> utf8);

    bool TryTime(out long microseconds);

    /// <summary>Whether it says a text that the store cannot hold as it is, spelt as the store spells it.</summary>
    bool Spells(int column, string text);
}

/// <summary>Those of the row that a statement is at.</summary>
internal readonly struct RowColumns(SqliteStatement row, int first) : IStoredColumns
{
    public bool AreAbsent => false;

    public bool IsNull(int column) => row.IsNull(first + column);

    public bool TryText(int column, out ReadOnlySpan<byte> utf8)
    {
        var isText = row.IsText(first + column);
        utf8 = isText ? row.Blob(first + column) : default;
        return isText;
    }

    public bool TryTime(out long microseconds)
    {
        var column = first + (int)RecordField.EventTime;
        microseconds = row.Int64(column);
        return row.IsInteger(column);
    }

    public bool Spells(int column, string text) => false;
}

/// <summary>Those of a store that has none.</summary>
internal readonly struct NoColumns : IStoredColumns
{
    public bool AreAbsent => true;

    public bool IsNull(int column) => true;

    public bool TryText(int column, out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        return false;
    }

    public bool TryTime(out long microseconds)
    {
        microseconds = 0;
        return false;
    }

    public bool Spells(int column, string text) => false;
}

/// <summary>Those of a row of a database, copied.</summary>
internal sealed class StoredColumns(IReadOnlyList<string?> texts, long time) : IStoredColumns
{
    private readonly byte[]?[] _texts = [.. texts.Select(text => text is null ? null : Encoding.UTF8.GetBytes(text))];

    public bool AreAbsent => false;

    public bool IsNull(int column) => _texts[column] is null;

    public bool TryText(int column, out ReadOnlySpan<byte> utf8)
    {
        utf8 = _texts[column];
        return _texts[column] is not null;
    }

    public bool TryTime(out long microseconds)
    {
        microseconds = time;
        return true;
    }

    public bool Spells(int column, string text) => TryText(column, out var utf8) && utf8.SequenceEqual(Encoding.UTF8.GetBytes(PostgresStore.Storable(text)!));
}
