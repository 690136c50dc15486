using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

namespace Gateway.Audit;

/// <summary>
/// A second place for records while the store does not take them: a local file, bounded, written and synced before the caller is told. What it holds
/// is moved into the log, in order, as soon as the log takes records again; also by the next process.
/// </summary>
/// <remarks>
/// One line a record: the SHA-256 of its JSON in hex, a space, the JSON. A line that was cut short by a crash fits no digest and was never acknowledged.
/// </remarks>
public sealed class AuditSpool : IAsyncDisposable
{
    private readonly AuditSpoolOptions _options;
    private readonly TimeProvider _time;
    private readonly Channel<Waiting> _channel = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly SemaphoreSlim _file = new(1, 1);
    private readonly Task _writer;

    // Guarded by _file: the lines that wait, and how many of them the log has.
    private long _length;
    private int _waiting;
    private long _lost;

    private AuditSpool(AuditSpoolOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>How many records wait to be moved into the log.</summary>
    public int Count => Volatile.Read(ref _waiting);

    /// <summary>Records that the log refused for good when they were moved, because what they close was closed meanwhile.</summary>
    public long Refused => Interlocked.Read(ref _lost);

    /// <summary>Opens the spool; what an earlier process left in it waits to be moved.</summary>
    /// <exception cref="AuditStoreException">The file cannot be read.</exception>
    public static AuditSpool Open(AuditSpoolOptions options, TimeProvider time)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Path))!);
            var spool = new AuditSpool(options, time);
            spool._waiting = Read(options.Path).Count;
            spool._length = File.Exists(options.Path) ? new FileInfo(options.Path).Length : 0;
            return spool;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditStoreException($"{options.Path}: the spool cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Writes a record and returns when it is on the disk.</summary>
    /// <exception cref="AuditUnavailableException">The spool is full, cannot be written, or did not answer within the deadline.</exception>
    public async Task AppendAsync(AuditEvent e)
    {
        var waiting = new Waiting(Line(e));
        if (!_channel.Writer.TryWrite(waiting)) throw Unavailable("too many records wait");
        try
        {
            await waiting.Done.Task.WaitAsync(_options.Deadline, _time);
        }
        catch (TimeoutException)
        {
            throw new AuditUnavailableException($"{_options.Path}: not durable within {_options.Deadline.TotalMilliseconds:0} ms", mayLand: true);
        }
    }

    /// <summary>Moves what waits into the log. Ends early, without an error, when the log does not take a record.</summary>
    /// <param name="log">Where to.</param>
    /// <param name="closeLeft">
    /// True at the start of a process: an intent whose outcome did not come before the spool ends is closed as unknown, because its process is gone.
    /// </param>
    public async Task DrainAsync(AuditLog log, bool closeLeft = false)
    {
        await _file.WaitAsync();
        try
        {
            if (!File.Exists(_options.Path)) return;
            var events = Read(_options.Path);
            var done = Done();
            var open = new Dictionary<string, AuditEvent>(StringComparer.Ordinal);
            foreach (var e in events.Take(done)) Track(open, e);

            // A crash between the append and the note of it: the log has the next one already.
            IReadOnlySet<string> known = closeLeft ? log.RecentIds : new HashSet<string>(StringComparer.Ordinal);
            foreach (var e in events.Skip(done))
            {
                Track(open, e);
                if (!known.Contains(e.Id) && !await MoveAsync(log, e)) return;
                File.WriteAllText(DonePath, (++done).ToString());
                Volatile.Write(ref _waiting, events.Count - done);
            }

            if (closeLeft)
            {
                // Refused for those that the log closed when it was opened.
                foreach (var intent in open.Values)
                    if (!await MoveAsync(log, OwnRecords.Left(intent, _time))) return;
            }

            File.Delete(_options.Path);
            File.Delete(DonePath);
            _length = 0;
            Volatile.Write(ref _waiting, 0);
        }
        finally
        {
            _file.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _writer;
        _file.Dispose();
    }

    private string DonePath => _options.Path + ".moved";

    private int Done() => File.Exists(DonePath) && int.TryParse(File.ReadAllText(DonePath), out var done) ? done : 0;

    // False: the log takes nothing now. What it refuses for good is passed over.
    private async Task<bool> MoveAsync(AuditLog log, AuditEvent e)
    {
        try
        {
            await log.AppendAsync(e, CancellationToken.None);
            return true;
        }
        catch (InvalidOperationException)
        {
            Interlocked.Increment(ref _lost);
            return true;
        }
        catch (AuditUnavailableException)
        {
            return false;
        }
    }

    private static void Track(Dictionary<string, AuditEvent> open, AuditEvent e)
    {
        if (e.Kind == AuditKind.Intent) open[e.Id] = e;
        else if (e.IntentId is { } intent) open.Remove(intent);
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>();
        while (await _channel.Reader.WaitToReadAsync())
        {
            while (batch.Count < 256 && _channel.Reader.TryRead(out var waiting)) batch.Add(waiting);
            await _file.WaitAsync();
            try
            {
                WriteBatch(batch);
            }
            finally
            {
                _file.Release();
            }

            batch.Clear();
        }
    }

    private void WriteBatch(List<Waiting> batch)
    {
        var bytes = batch.SelectMany(waiting => waiting.Line).ToArray();
        try
        {
            if (_length + bytes.Length > _options.MaxBytes) throw new IOException($"the spool is full at {_options.MaxBytes} bytes");
            using (var file = new FileStream(_options.Path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0))
            {
                // What a crash or a full disk left half written is written over.
                file.Position = _length;
                file.Write(bytes);
                file.SetLength(file.Position);
                file.Flush(flushToDisk: true);
                _length = file.Position;
            }

            Volatile.Write(ref _waiting, _waiting + batch.Count);
            foreach (var waiting in batch) waiting.Done.TrySetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var waiting in batch) waiting.Done.TrySetException(Unavailable(e.Message));
        }
    }

    private AuditUnavailableException Unavailable(string why) => new($"{_options.Path}: the record was not spooled: {why}", mayLand: false);

    private static byte[] Line(AuditEvent e)
    {
        var json = AuditJson.ToUtf8(e);
        return [.. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(json))), (byte)' ', .. json, (byte)'\n'];
    }

    private static List<AuditEvent> Read(string path)
    {
        var events = new List<AuditEvent>();
        if (!File.Exists(path)) return events;
        foreach (var line in File.ReadLines(path))
        {
            var json = line.Length > 65 ? Encoding.UTF8.GetBytes(line[65..]) : [];
            if (json.Length > 0 && line.StartsWith(Convert.ToHexStringLower(SHA256.HashData(json)), StringComparison.Ordinal)) events.Add(AuditJson.Parse(json));
        }

        return events;
    }

    private sealed record Waiting(byte[] Line)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>How an <see cref="AuditSpool"/> is opened.</summary>
public sealed record AuditSpoolOptions
{
    /// <summary>The file; better on another disk than the store.</summary>
    public required string Path { get; init; }

    /// <summary>It takes no more than this.</summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How long a record may take to become durable.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMilliseconds(250);
}
