using System.Globalization;

namespace Gateway.Audit;

/// <summary>
/// The active file of a store of lines. A batch is written in one piece behind what is there and synced; nothing is ever written over. Used by one thread.
/// </summary>
/// <remarks>
/// Each batch is a block that begins with an empty line, so an empty line says that all before it is on the disk. INVARIANT: what does not hold and stands
/// before the last empty line was changed by somebody; what does not hold behind it was never acknowledged, and a crash may have left it.
/// </remarks>
internal sealed class LineStore : IAuditStore
{
    // So far apart stand the heads, from the last of which a start reads on.
    private const int HeadsApart = 1 << 20;

    // What was written last is read soon, by the search index and by sinks. What lies further back is let go: its pages are written next, where memory
    // that nothing used before is dear on a virtual machine, and where whatever else the system keeps would have to give way.
    private const int Kept = 1 << 20;

    private readonly LineFile _file;
    private readonly FileIdentity _identity;
    private readonly long? _most;
    private byte[] _batch = new byte[1 << 18];
    private int _batchLength;
    private long _sinceHead;
    private long _letGo;
    private long _newest;
    private ChainHead _head;
    private MerkleFrontier _tree;
    private long _openFloor;
    private string? _holder;

    private LineStore(LineFile file, FileIdentity identity, LineEnd end, long? most)
    {
        (_file, _most, Length, Written, _letGo) = (file, most, end.Length, end.Length, end.Length);
        (_head, _tree, _openFloor, _newest) = (end.Head, end.Tree, end.OpenFloor, end.Newest);
        (Head, Tree) = (end.Head, end.Tree);
        _identity = identity;
    }

    /// <inheritdoc/>
    public ChainHead Head { get; }

    /// <inheritdoc/>
    public MerkleFrontier Tree { get; }

    /// <summary>Which file this is.</summary>
    public FileIdentity File => _identity;

    /// <summary>The name that it gets when it is sealed.</summary>
    public string SealedPath => AuditSegments.PathOf(_file.Path, _file.Header.Base.Sequence + 1);

    /// <summary>How many bytes of the file are on the disk for sure.</summary>
    public long Length { get; private set; }

    /// <summary>How far it was written, on the disk or not.</summary>
    public long Written { get; private set; }

    /// <summary>Opens the active file, creating it if need be. What a crash left unfinished at its end is kept aside.</summary>
    public static LineStore OpenOrCreate(AuditLogOptions options, Chain chain, TimeProvider time)
    {
        var path = Path.GetFullPath(options.Path);
        if (!System.IO.File.Exists(path)) Create(path, options, LastSealed(path, chain), time);
        else if (new FileInfo(path).Length == 0) throw new AuditStoreException($"{path}: was emptied; restore it, or remove it to begin a new store");
        return Open(options, path, chain, file => LineEnd.Find(file, chain, mayBeUnfinished: true));
    }

    /// <summary>Opens it again after a failure, if it is the same file still, without what was written and not synced.</summary>
    /// <param name="length">How much of it is on the disk for sure.</param>
    /// <param name="written">How far it was written.</param>
    public static LineStore Reopen(AuditLogOptions options, Chain chain, FileIdentity identity, long length, long written)
    {
        var path = Path.GetFullPath(options.Path);
        ThrowIfOther(path, identity, FileIdentity.Of(path));
        return Open(options, path, chain, file =>
        {
            if (file.Length < length) throw new AuditStoreException($"{path}: has {file.Length} bytes, {length} were written: it was cut short while in use; put the right file back");
            if (file.Length > written) throw new AuditStoreException($"{path}: has {file.Length} bytes, {written} were written: something else wrote to it; put the right file back");
            Cut(file, length);
            return LineEnd.Find(file, chain, mayBeUnfinished: false);
        });
    }

    /// <summary>Who holds the store, as its last writer wrote it down; null when that cannot be read.</summary>
    public static string? Holder(string path)
    {
        try
        {
            using var file = LineFile.Open(path);
            return file.LastHead(file.Length)?.Head.Holder;
        }
        catch (Exception e) when (e is IOException or AuditStoreException)
        {
            return null;
        }
    }

    /// <summary>
    /// Closes the file for good, gives it the name of a sealed segment, and puts the next one in its place. After a crash in between there is an active file that says it
    /// is sealed, and is gone on with, or none, and the next start makes it.
    /// </summary>
    public void Seal(TimeProvider time)
    {
        Begin();
        _holder = null;
        PutHead(isSealed: true);
        Commit();

        // Made before the name is free, so that whoever reads finds a file almost always.
        var path = _file.Path;
        WriteHeader(path + ".new", NextHeader(_file.Header.Stream, time, _head, _tree.ToBytes(), _openFloor));
        Dispose();
        System.IO.File.Move(path, SealedPath);
        DiskSync.Folder(Path.GetDirectoryName(path)!);
        System.IO.File.Move(path + ".new", path);
        DiskSync.Folder(Path.GetDirectoryName(path)!);
    }

    public HashSet<string> RecentIds(int count) =>
        _file.Before(long.MaxValue).Take(count).Select(record => record.Columns.Id ?? "").ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IReadOnlyList<(long Sequence, AuditEvent Event)> FindOpenIntents()
    {
        var open = new Dictionary<string, FoundRecord>(StringComparer.Ordinal);
        foreach (var segment in AuditSegments.Before(_file.Path, _file.Header.Base.Sequence).Where(segment => segment.Last >= _openFloor))
        {
            using var file = LineFile.Open(segment.Path);
            Scan(file);
        }

        Scan(_file);
        return [.. open.Values.OrderBy(record => record.Sequence).Select(record => (record.Sequence, AuditJson.Parse(record.Body)))];

        void Scan(LineFile file)
        {
            foreach (var record in file.After(_openFloor - 1))
            {
                var columns = record.Columns;
                if (columns.Kind == "intent") open.Add(columns.Id!, record);
                else if (columns.IntentId is { } intent) open.Remove(intent);
            }
        }
    }

    public void SetHolder(string? holder)
    {
        Begin();
        _holder = holder;
        PutHead(isSealed: false);
        Commit();
    }

    /// <inheritdoc/>
    public void ThrowIfMoved()
    {
        ThrowIfOther(_file.Path, _identity, FileIdentity.Of(_file.Path));
        if (_file.Length != Length) throw new AuditStoreException($"{_file.Path}: has {_file.Length} bytes, {Length} were written: it was changed while in use; put the right file back");
    }

    public void Begin()
    {
        _batchLength = 0;
        Put("\n"u8);
    }

    public void Insert(long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> body, in RecordColumns columns)
    {
        Reserve(body.Length + LogLine.MaxOverhead);
        _batchLength += LogLine.WriteRecord(_batch.AsSpan(_batchLength), sequence, previous, hash, body);
        _newest = Math.Max(_newest, columns.EventTime);
    }

    /// <inheritdoc/>
    public void MoveHead(ChainHead from, ChainHead to, MerkleFrontier tree, long openFloor)
    {
        if (!_head.Same(from)) throw new AuditStoreException($"{_file.Path}: the head is {_head}, not {from}");
        (_head, _tree, _openFloor) = (to, tree, openFloor);
        if (_sinceHead + _batchLength >= HeadsApart) PutHead(isSealed: false);
    }

    public void Commit()
    {
        if (_most is { } most && Length + _batchLength > most) throw new AuditStoreException($"{_file.Path}: the disk or the store is full; free some space");
        Written = Length + _batchLength;
        try
        {
            RandomAccess.Write(_file.Handle, _batch.AsSpan(0, _batchLength), Length);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or OperationCanceledException)
        {
            // .NET's words for EFBIG and ECANCELED.
            throw new AuditStoreException($"{_file.Path}: cannot be written: {e.Message}", e);
        }

        DiskSync.File(_file.Handle, _file.Path);
        Length += _batchLength;
        _sinceHead += _batchLength;
        _letGo = PageCache.Forget(_file.Handle, _letGo, Length - Kept);
    }

    public void Rollback() => _batchLength = 0;

    public void Dispose() => _file.Dispose();

    private static LineStore Open(AuditLogOptions options, string path, Chain chain, Func<LineFile, LineEnd> find)
    {
        var identity = FileIdentity.Of(path);
        var file = LineFile.Open(path, FileAccess.ReadWrite);
        try
        {
            if (file.Header.Stream != chain.Stream)
                throw new AuditStoreException($"{path}: belongs to stream `{file.Header.Stream}`, not to `{chain.Stream}`; give each gateway a store of its own");
            return new LineStore(file, identity, find(file), options.MaxStoreBytes);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static LogRow? LastSealed(string path, Chain chain)
    {
        if (AuditSegments.Newest(path) is not { } newest) return null;
        using var last = LineFile.Open(newest);
        var (log, _) = last.ReadLog();
        if (log.Stream != chain.Stream) throw new AuditStoreException($"{last.Path}: belongs to stream `{log.Stream}`, not to `{chain.Stream}`; give each gateway a store of its own");
        return log.IsSealed ? log : throw new AuditStoreException($"{last.Path}: a segment that was not sealed; rename it to {Path.GetFileName(path)}");
    }

    private static void Create(string path, AuditLogOptions options, LogRow? before, TimeProvider time)
    {
        DiskSync.CreateFolder(Path.GetDirectoryName(path)!);

        // Under another name until it is whole: a file with half a header would be no store.
        WriteHeader(path + ".new", NextHeader(options.StreamId, time, before?.Head ?? ChainHead.Start, before?.Peaks ?? [], before?.OpenFloor ?? 1));
        System.IO.File.Move(path + ".new", path);
        DiskSync.Folder(Path.GetDirectoryName(path)!);
    }

    private static LineHeader NextHeader(string stream, TimeProvider time, ChainHead head, byte[] peaks, long openFloor) =>
        new(stream, time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), head, peaks, openFloor);

    private static void WriteHeader(string path, LineHeader header)
    {
        using var file = new FileStream(path, LineFile.Creation(FileMode.Create));
        file.Write(LogLine.Header(header));
        file.Flush();
        DiskSync.File(file.SafeFileHandle, path);
    }

    private static void Cut(LineFile file, long length)
    {
        if (file.Length == length) return;
        RandomAccess.SetLength(file.Handle, length);
        DiskSync.File(file.Handle, file.Path);
    }

    private static void ThrowIfOther(string path, FileIdentity expected, FileIdentity actual)
    {
        if (actual != expected)
            throw new AuditStoreException($"{path}: the file was {(actual.Exists ? "replaced" : "deleted or moved")} while in use; put it back");
    }

    private void PutHead(bool isSealed)
    {
        Put(LogLine.Head(new LineHead(_head, _tree.ToBytes(), _openFloor, _newest, isSealed, _holder)));
        _sinceHead = 0;
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_batch.AsSpan(_batchLength));
        _batchLength += bytes.Length;
    }

    private void Reserve(int more)
    {
        if (_batchLength + more > _batch.Length) Array.Resize(ref _batch, Math.Max(_batchLength + more, _batch.Length * 2));
    }
}
