using System.Runtime.InteropServices;

namespace Gateway.Audit;

/// <summary>
/// SQLite's own functions that read the row a statement is at, or bind a value where it stands. A verification calls them fifty times a record; they return at
/// once and never call back, so they are called without what the runtime and a guarded handle do around longer calls. Whoever calls keeps the statement open.
/// </summary>
internal static partial class SqliteRow
{
    private const string Library = "e_sqlite3";

    [LibraryImport(Library, EntryPoint = "sqlite3_column_type"), SuppressGCTransition]
    public static partial int Type(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64"), SuppressGCTransition]
    public static partial long Int64(nint statement, int column);

    /// <summary>The column's bytes, valid until the next step.</summary>
    public static unsafe ReadOnlySpan<byte> Bytes(nint statement, int column)
    {
        // In this order: the length is that of what was asked for last.
        var start = Start(statement, column);
        return start == 0 ? default : new ReadOnlySpan<byte>((void*)start, Length(statement, column));
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob"), SuppressGCTransition]
    private static partial nint Start(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes"), SuppressGCTransition]
    private static partial int Length(nint statement, int column);

    /// <summary>Binds bytes without a copy of them: they stay where they are until the statement has run.</summary>
    public static unsafe int BindInPlace(nint statement, int index, byte* bytes, int length) => BindBlob(statement, index, (nint)bytes, length, destructor: 0);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob"), SuppressGCTransition]
    private static partial int BindBlob(nint statement, int index, nint bytes, int length, nint destructor);
}
