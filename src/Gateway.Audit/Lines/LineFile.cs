using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit;

/// <summary>One file of a store of lines, opened for reading, also while a gateway writes it. Not for two threads at once.</summary>
internal sealed class LineFile : IDisposable
{
    // Between two places no further apart, lines are read one by one.
    private const int Near = 16 * 1024;

    // So much is read at once where lines are read backwards.
    private const int Window = 128 * 1024;

    // About a line or two: looking for a place reads no more than it needs.
    private const int Glance = 4 * 1024;

    // A disk writes no less at once.
    private const int Sector = 512;

    private readonly LineScanner _scanner;
    private readonly LineScanner _glance;

    private LineFile(string path, SafeFileHandle file, LineHeader header, long start)
    {
        (Path, Handle, Header, Start) = (path, file, header, start);
        _scanner = Scanner();
        _glance = new LineScanner(file, path, Glance);
    }

    public string Path { get; }

    public SafeFileHandle Handle { get; }

    public LineHeader Header { get; }

    /// <summary>Where the lines after the header begin.</summary>
    public long Start { get; }

    public long Length => RandomAccess.GetLength(Handle);

    /// <summary>Reads its lines, beside other scanners of it.</summary>
    public LineScanner Scanner(int bufferSize = 64 * 1024) => new(Handle, Path, bufferSize);

    /// <summary>Whether a file is one of this kind, by how it begins.</summary>
    public static bool Is(string path) => Begins(path, LogLine.Magic);

    /// <summary>Whether a file is there, can be read, and begins so.</summary>
    public static bool Begins(string path, ReadOnlySpan<byte> expected)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> start = stackalloc byte[expected.Length];
            return RandomAccess.Read(file, start, 0) == expected.Length && start.SequenceEqual(expected);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>How a file of a store is made: who may read the trail is the operator's to widen.</summary>
    public static FileStreamOptions Creation(FileMode mode)
    {
        var creation = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };

        if (!OperatingSystem.IsWindows()) creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        return creation;
    }

    /// <exception cref="AuditStoreException">The file is not an audit store or cannot be read.</exception>
    public static LineFile Open(string path) => Open(path, FileAccess.Read);

    /// <inheritdoc cref="Open(string)"/>
    public static LineFile Open(string path, FileAccess access)
    {
        path = System.IO.Path.GetFullPath(path);
        SafeFileHandle? file = null;
        try
        {
            file = OpenHandle(path, access) ?? throw new AuditStoreException($"{path}: no such file");
            var scanner = new LineScanner(file, path, Glance);
            scanner.Start(0, RandomAccess.GetLength(file));
            if (!scanner.Read() || !scanner.IsComplete || LogLine.ReadHeader(scanner.Line) is not { } header)
                throw new AuditStoreException($"{path}: not an audit store, or its first line is damaged; verify it, and restore it or begin a new one");
            return new LineFile(path, file, header, scanner.Next);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new AuditStoreException($"{path}: cannot be read as an audit store: {e.Message}", e);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>Between the seal of a file and the next one its name is free for a moment.</summary>
    private static SafeFileHandle? OpenHandle(string path, FileAccess access)
    {
        for (var again = 0; ; again++)
        {
            try
            {
                return File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                if (again == 1000 || !AuditSegments.Exist(path)) return null;
                if (again > 0) Thread.CurrentThread.Join(millisecondsTimeout: 1);
            }
        }
    }

    /// <summary>The records after a number, in the order of the file.</summary>
    /// <exception cref="AuditStoreException">A line is no record.</exception>
    public IEnumerable<FoundRecord> After(long sequence)
    {
        // A scanner of its own: whoever asks may ask for something else before he is done.
        // What stands behind a line that a crash left unfinished counts for nothing, so the last block is read from its beginning.
        var block = LastBlock();
        var scanner = Scanner();
        for (scanner.Start(Math.Min(OffsetAfter(sequence), block), Length); TryRecord(scanner, block, out var record);)
        {
            if (record?.Sequence > sequence) yield return record;
        }
    }

    /// <summary>The records before a number, the last first.</summary>
    /// <exception cref="AuditStoreException">A line is no record.</exception>
    public IEnumerable<FoundRecord> Before(long sequence, byte[]? containing = null) =>
        RecordsBefore(Math.Min(End(), sequence == long.MaxValue ? Length : OffsetAfter(sequence - 1)), containing).Where(record => record.Sequence < sequence);

    /// <summary>The records that stand before a place, the last first.</summary>
    /// <param name="containing">Only those whose lines have these bytes; null for all.</param>
    /// <exception cref="AuditStoreException">A line is no record.</exception>
    public IEnumerable<FoundRecord> RecordsBefore(long to, byte[]? containing = null)
    {
        var scanner = Scanner();
        while (to > Start)
        {
            var from = WindowBefore(to);
            var records = new List<FoundRecord>();
            for (scanner.Start(from, to); scanner.Read() && scanner.IsComplete;)
            {
                if (containing is not null && scanner.Line.IndexOf(containing) < 0) continue;
                if (Record(scanner) is { } record) records.Add(record);
            }

            for (var i = records.Count - 1; i >= 0; i--) yield return records[i];
            to = from;
        }
    }

    /// <summary>The record with this number; null when there is none.</summary>
    public FoundRecord? Find(long sequence)
    {
        var block = LastBlock();
        for (_glance.Start(Math.Min(OffsetAfter(sequence - 1), block), Length); TryRecord(_glance, block, out var record);)
        {
            if (record?.Sequence >= sequence) return record.Sequence == sequence ? record : null;
        }

        return null;
    }

    /// <summary>Where the first record after a number begins, or the end.</summary>
    public long OffsetAfter(long sequence)
    {
        var (low, high) = (Start, Length);
        if (sequence <= Header.Base.Sequence) return low;
        while (high - low > Near)
        {
            var middle = low + ((high - low) / 2);
            if (FirstRecord(middle, high) is not var (number, offset)) high = middle;
            else if (number > sequence) high = Math.Max(middle, low + 1);
            else low = offset;
        }

        _glance.Start(low, Length);
        while (_glance.Read())
        {
            if (!_glance.IsComplete || LogLine.SequenceOf(_glance.Line) > sequence) return _glance.Offset;
        }

        // Where this reading ended, and not where the file ends by now: what came meanwhile follows here.
        return _glance.Next;
    }

    /// <summary>The newest head, and where its line begins; null when there is none before a place.</summary>
    public (LineHead Head, long Offset)? LastHead(long before)
    {
        while (before > Start)
        {
            var from = WindowBefore(before);
            (LineHead, long)? found = null;
            for (_scanner.Start(from, before); _scanner.Read() && _scanner.IsComplete;)
            {
                if (LogLine.ReadHead(_scanner.Line) is { } head) found = (head, _scanner.Offset);
            }

            if (found is not null) return found;
            before = from;
        }

        return null;
    }

    /// <summary>Where the last block begins: its empty line. The end of the header when there is none.</summary>
    public long LastBlock()
    {
        // A scanner of its own: several threads may ask.
        var scanner = new LineScanner(Handle, Path, Near);
        for (var before = Length; before > Start;)
        {
            var from = LineBefore(scanner, before, Near);
            var found = -1L;
            for (scanner.Start(from, before); scanner.Read();)
            {
                if (scanner.IsComplete && scanner.Line.IsEmpty) found = scanner.Offset;
            }

            if (found >= 0) return found;
            before = from;
        }

        return Start;
    }

    /// <summary>Where the first line begins that does not begin before a place.</summary>
    public long LineStart(long at) => LineStart(_glance, at);

    /// <summary>Where the last line ends that has its line feed.</summary>
    public long WholeLines()
    {
        var end = Length;
        if (end <= Start) return end;
        _glance.Start(end - 1, end);
        if (_glance.Read() && _glance.IsComplete) return end;
        _scanner.Start(WindowBefore(end), end);
        while (_scanner.Read())
        {
            if (!_scanner.IsComplete) return _scanner.Offset;
        }

        return _scanner.Next;
    }

    /// <summary>Whether its last line says that it is sealed; nothing else is looked at.</summary>
    public bool EndsSealed() => LastHead(Length) is { Head.IsSealed: true } last && LineStart(last.Offset + 1) == Length;

    /// <summary>Where the file stands at its end, and what it says of itself, as far as it can be told without checking anything.</summary>
    public (LogRow Row, long Newest) ReadLog()
    {
        var said = LastHead(End())?.Head ?? new LineHead(Header.Base, Header.BasePeaks, Header.OpenFloor, 0, IsSealed: false, Holder: null);
        var (head, newest) = (said.Head, said.Newest);
        var tree = new MerkleFrontier.Builder(said.Tree(Path));
        foreach (var record in After(head.Sequence))
        {
            head = new ChainHead(record.Sequence, record.Hash);
            newest = Math.Max(newest, record.Columns.EventTime);
            tree.Append(record.Hash);
        }

        var isSealed = said.IsSealed && head.Sequence == said.Head.Sequence;
        return (new LogRow(Header.Stream, head, tree.ToFrontier().ToBytes(), said.OpenFloor, Header.Base, Header.BasePeaks, isSealed), newest);
    }

    /// <summary>Whether a line that is not whole is what a crash left of the last block: cut short, or with zeros where the disk was never written.</summary>
    public bool IsUnfinished(LineScanner scanner) => MayBeUnfinished(scanner) && scanner.Offset >= LastBlock();

    private static bool MayBeUnfinished(LineScanner scanner) => !scanner.IsComplete || HasUnwritten(scanner);

    private static bool HasUnwritten(LineScanner scanner)
    {
        var zero = scanner.Line.IndexOf((byte)0);
        if (zero < 0) return false;
        var length = scanner.Line[zero..].IndexOfAnyExcept((byte)0) is > 0 and var found ? found : scanner.Line.Length - zero;
        return (scanner.Offset + zero + length) % Sector == 0;
    }

    public void Dispose() => Handle.Dispose();

    /// <summary>Where reading ends: at the first line that a crash left unfinished, or at the end.</summary>
    private long End()
    {
        var scanner = Scanner();
        for (scanner.Start(LastBlock(), Length); scanner.Read();)
        {
            if (!scanner.IsComplete || IsTorn(scanner)) return scanner.Offset;
        }

        return Length;
    }

    private bool IsTorn(LineScanner scanner) =>
        !scanner.Line.IsEmpty && !LogLine.TryReadRecord(scanner.Line, out _) && LogLine.ReadHead(scanner.Line) is null && IsUnfinished(scanner);

    private long WindowBefore(long to) => LineBefore(_glance, to, Window);

    /// <summary>Where a line begins, some way before a place.</summary>
    private long LineBefore(LineScanner scanner, long to, long size)
    {
        for (; ; size *= 2)
        {
            if (LineStart(scanner, Math.Max(Start, to - size)) is var from && from < to) return from;
        }
    }

    private long LineStart(LineScanner scanner, long at)
    {
        if (at <= Start) return Start;
        scanner.Start(at - 1, Length);
        return scanner.Read() ? scanner.Next : at;
    }

    /// <summary>Goes on to the next line; false where reading ends, null when the line is no record's.</summary>
    /// <param name="block">Where the last block begins; what is not whole there ends the reading.</param>
    private bool TryRecord(LineScanner scanner, long block, out FoundRecord? record)
    {
        record = null;
        if (!scanner.Read() || !scanner.IsComplete) return false;
        if (scanner.Offset >= block && MayBeUnfinished(scanner)) return false;
        record = Record(scanner);
        return true;
    }

    private FoundRecord? Record(LineScanner scanner)
    {
        if (scanner.Line.IsEmpty || LogLine.IsHead(scanner.Line)) return null;
        if (LogLine.TryReadRecord(scanner.Line, out var record)) return new FoundRecord(record.Sequence, record.Previous.ToArray(), record.Hash.ToArray(), record.Body.ToArray());
        throw new AuditStoreException($"{Path}: the line at byte {scanner.Offset} is no record; verify the store");
    }

    private (long Number, long Offset)? FirstRecord(long from, long to)
    {
        // What begins before the place is another's line.
        _glance.Start(Math.Max(Start, from - 1), to);
        if (from > Start) _glance.Read();
        while (_glance.Read() && _glance.IsComplete)
        {
            if (LogLine.SequenceOf(_glance.Line) is { } number) return (number, _glance.Offset);
        }

        return null;
    }
}

/// <summary>A record as it stands in a file.</summary>
internal sealed record FoundRecord(long Sequence, byte[] Previous, byte[] Hash, byte[] Body)
{
    /// <exception cref="AuditStoreException">It is no event.</exception>
    public RecordColumns Columns
    {
        get
        {
            try
            {
                return RecordColumns.Read(Body);
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or FormatException or InvalidOperationException)
            {
                throw new AuditStoreException($"record {Sequence}: not an audit event: {e.Message}; verify the store", e);
            }
        }
    }
}
