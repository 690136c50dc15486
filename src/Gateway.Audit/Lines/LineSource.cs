using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit;

/// <summary>One file of lines, read also while a gateway writes it.</summary>
internal sealed class LineSource : IChainSource
{
    private const int PageSize = 1000;

    // So much is examined at once by one thread.
    private const int PartSize = 2 << 20;

    private readonly LineFile _file;
    private readonly ConcurrentBag<LinePart> _parts = [];
    private bool? _isSealed;

    private LineSource(LineFile file)
    {
        _file = file;
        try
        {
            _isSealed = file.EndsSealed();
        }
        catch (AuditStoreException)
        {
            // Whoever reads the records comes to the same place, and says after which of them it is.
        }
    }

    public string Name => _file.Path;

    public string Stream => _file.Header.Stream;

    public ChainHead Base => _file.Header.Base;

    public byte[] BasePeaks => _file.Header.BasePeaks;

    public bool IsSealed => _isSealed ??= _file.EndsSealed();

    /// <summary>Each head is given with the page in which it stands.</summary>
    public ChainEnd? End => null;

    /// <exception cref="AuditStoreException">The file cannot be read as an audit store at all.</exception>
    public static LineSource Open(string path)
    {
        var file = LineFile.Open(path);
        try
        {
            return new LineSource(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public IEnumerable<IReadOnlyList<ChainRow>> Pages() =>
        _file.After(Base.Sequence).Select(record => new ChainRow(record.Sequence, record.Previous, record.Hash, record.Body, Columns: null)).Chunk(PageSize);

    public IEnumerable<ExaminedPage> Examined(CancellationToken ct)
    {
        var ahead = new Queue<Task<LinePart>>();
        var next = _file.Start;
        try
        {
            while (true)
            {
                next = ReadAhead(next, ahead, ct);
                if (!ahead.TryDequeue(out var reading)) yield break;
                var part = reading.GetAwaiter().GetResult();
                yield return part.Page;
                if (part.IsUnfinished) yield break;
                _parts.Add(part);
            }
        }
        finally
        {
            // Nobody may still be reading when the file is closed.
            foreach (var reading in ahead) ((IAsyncResult)reading).AsyncWaitHandle.WaitOne();
        }
    }

    public StoredRow? At(long sequence) => After(sequence - 1).FirstOrDefault(row => row.Sequence == sequence) ?? Rows(_file.Start).FirstOrDefault(row => row.Sequence == sequence);

    public IEnumerable<StoredRow> After(long sequence) => Rows(_file.OffsetAfter(sequence)).Where(row => row.Sequence > sequence);

    public ChainRow? Newest(string action, long before) => _file.Before(before, Encoding.UTF8.GetBytes(action))
        .Where(record => record.Columns is { Kind: "lifecycle" } columns && columns.Action == action)
        .Select(record => new ChainRow(record.Sequence, record.Previous, record.Hash, record.Body, Columns: null))
        .FirstOrDefault();

    public VerifyFinding? CheckBefore() => null;

    public VerifyFinding? CheckAfter() => null;

    public void Dispose() => _file.Dispose();

    /// <summary>Begins to read some parts from a place on.</summary>
    /// <returns>Where they end.</returns>
    private long ReadAhead(long from, Queue<Task<LinePart>> ahead, CancellationToken ct)
    {
        // What comes meanwhile is read, too; a line that is not whole yet, or never will be, is none.
        for (var end = Otherwise(_file.WholeLines, _file.Length); from < end && ahead.Count <= Environment.ProcessorCount + 1;)
        {
            var at = from;
            var to = from = end - at > PartSize ? Otherwise(() => _file.LineStart(at + PartSize), end) : end;
            ahead.Enqueue(Task.Run(() => Examine(at, to), ct));
        }

        return from;
    }

    /// <summary>Where something is; where that cannot be read, a place behind it, so that whoever reads on comes to what cannot be read and says which records are before it.</summary>
    private static long Otherwise(Func<long> place, long behind)
    {
        try
        {
            return place();
        }
        catch (AuditStoreException)
        {
            return behind;
        }
    }

    /// <summary>The records that stand behind a place, whatever stands between them.</summary>
    private IEnumerable<StoredRow> Rows(long from)
    {
        var scanner = _file.Scanner();
        for (scanner.Start(from, _file.Length); scanner.Read() && scanner.IsComplete;)
        {
            if (Row(scanner.Line) is { } row) yield return row;
        }
    }

    private static StoredRow? Row(ReadOnlySpan<byte> line) =>
        LogLine.TryReadRecord(line, out var record) ? new StoredRow(record.Sequence, record.Previous.ToArray(), record.Hash.ToArray(), SHA256.HashData(record.Body)) : null;

    private LinePart Examine(long from, long to)
    {
        if (!_parts.TryTake(out var part)) part = new LinePart(_file, Stream);
        part.Read(from, to);
        return part;
    }
}

/// <summary>Reads and examines a part of a file: whole lines.</summary>
internal sealed class LinePart(LineFile file, string stream)
{
    private readonly LineScanner _scanner = file.Scanner(256 * 1024);
    private readonly RecordExaminer _examiner = new(stream);

    public ExaminedPage Page { get; } = new(capacity: 1024);

    /// <summary>It ends where a crash left the file's last block unfinished.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>A part that cannot be read to its end has what comes before, and says why.</summary>
    public void Read(long from, long to)
    {
        Page.Clear();
        IsUnfinished = false;
        try
        {
            ReadLines(from, to);
        }
        catch (AuditStoreException e)
        {
            Page.Fault = e;
        }
    }

    private void ReadLines(long from, long to)
    {
        for (_scanner.Start(from, to); _scanner.Read();)
        {
            var line = _scanner.Line;
            if (line.IsEmpty) continue;
            if (LogLine.TryReadRecord(line, out var record))
            {
                Page.Add(_examiner, record.Sequence, record.Previous, record.Hash, record.Body, isWellFormed: true, default(NoColumns));
            }
            else if (LogLine.ReadHead(line) is { } head)
            {
                Page.Add(new ChainEnd(head.Head, head.Peaks, head.OpenFloor));
            }
            else if (file.IsUnfinished(_scanner))
            {
                IsUnfinished = true;
                return;
            }
            else
            {
                // Which record it was, only the records before it tell.
                Page.Add(_examiner, ExaminedPage.UnknownNumber, [], [], [], isWellFormed: false, default(NoColumns));
            }
        }
    }
}
