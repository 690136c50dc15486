using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Audit;

/// <summary>Reads and examines the records of one file in ranges, side by side, each with a connection of its own, and hands them on in order.</summary>
internal sealed class SegmentRanges(string path, string stream) : IDisposable
{
    private const int Size = 1024;

    private readonly ConcurrentBag<Reader> _readers = [];
    private readonly ConcurrentBag<ExaminedPage> _pages = [];

    /// <summary>Up to which record whole ranges go; null when there is none.</summary>
    public static long? WholeThrough(long first, long head) => head - first < Size ? null : first + ((head - first) / Size * Size);

    /// <summary>The records up to <see cref="WholeThrough"/>. The first range has also what stands before it and should not.</summary>
    public IEnumerable<ExaminedPage> Read(long first, long head, CancellationToken ct)
    {
        var last = WholeThrough(first, head) ?? first;
        var ahead = new Queue<Task<ExaminedPage>>();
        var next = first;
        try
        {
            while (true)
            {
                for (; next < last && ahead.Count <= Environment.ProcessorCount + 1; next += Size)
                {
                    var (from, to) = (next == first ? long.MinValue : next + 1, next + Size);
                    ahead.Enqueue(Task.Run(() => Read(from, to), ct));
                }

                if (!ahead.TryDequeue(out var range)) yield break;
                var page = range.GetAwaiter().GetResult();
                yield return page;
                _pages.Add(page);
            }
        }
        finally
        {
            // Nobody may still be reading when the connections are closed.
            foreach (var range in ahead) ((IAsyncResult)range).AsyncWaitHandle.WaitOne();
        }
    }

    public void Dispose()
    {
        foreach (var reader in _readers) reader.Dispose();
    }

    private ExaminedPage Read(long from, long to)
    {
        if (!_readers.TryTake(out var reader)) reader = new Reader(path, stream);
        if (!_pages.TryTake(out var page)) page = new ExaminedPage(Size * 2);
        reader.Range.Read(page, from, to, Size * 2);
        _readers.Add(reader);
        return page;
    }

    private sealed class Reader : IDisposable
    {
        private readonly sqlite3 _file;

        public Reader(string path, string stream)
        {
            _file = AuditFile.OpenAlone(path);
            Range = new SegmentRange(_file, stream);
        }

        public SegmentRange Range { get; }

        public void Dispose()
        {
            Range.Dispose();
            _file.Dispose();
        }
    }
}

/// <summary>Reads and examines a range of records through one connection.</summary>
internal sealed class SegmentRange(sqlite3 file, string stream) : IDisposable
{
    private const int FirstColumn = 4;

    private readonly RecordExaminer _examiner = new(stream);
    private readonly SqliteStatement _rows = new(
        file,
        """
        SELECT sequence, previous, hash, body, id, kind, event_time, action, outcome,
               initiator_id, initiator_name, project_id, target_id, request_id, intent_id
        FROM record WHERE sequence BETWEEN ?1 AND ?2 ORDER BY sequence LIMIT ?3
        """);

    /// <summary>Fills a page; one that could not be read to its end says why.</summary>
    public void Read(ExaminedPage page, long from, long to, int limit)
    {
        page.Clear();
        try
        {
            _rows.Bind(1, from);
            _rows.Bind(2, to);
            _rows.Bind(3, limit);
            while (_rows.Step())
            {
                var isWellFormed = _rows.IsBlob(1) && _rows.IsBlob(2) && _rows.IsBlob(3);
                var previous = _rows.Blob(1);
                var hash = _rows.Blob(2);
                isWellFormed &= previous.Length == Chain.HashSize && hash.Length == Chain.HashSize;
                page.Add(_examiner, _rows.Int64(0), previous, hash, _rows.Blob(3), isWellFormed, new RowColumns(_rows, FirstColumn));
            }
        }
        catch (SqliteException e)
        {
            page.Fault = e;
        }
        finally
        {
            _rows.Reset();
        }
    }

    public void Dispose() => _rows.Dispose();
}
