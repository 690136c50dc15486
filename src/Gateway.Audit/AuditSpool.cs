using System.Threading.Channels;

namespace Gateway.Audit;

/// <summary>
/// A second place for records while the store does not take them: a local file, bounded, written and synced before the caller is told. What it holds
/// is moved into the log, in order, as soon as the log takes records again; also by the next process.
/// </summary>
/// <remarks>
/// A spooled intent keeps room for its outcome. An outcome that cannot be written all the same is kept in memory and handed to the log after its intent.
/// How far the moving is stands in a file beside it, with the first line's digest, so that it is never taken for another spool's; a crash at any moment
/// repeats nothing that the log says it has, and leaves nothing out. Lines that do not hold are not dropped in silence: the log gets a record of them, and the
/// file is kept aside.
/// </remarks>
public sealed class AuditSpool : IAsyncDisposable
{
    // An outcome repeats its intent without body and decision tree, and adds what the backend answered.
    private const int OutcomeMore = 2048;

    private readonly AuditSpoolOptions _options;
    private readonly TimeProvider _time;
    private readonly Channel<Waiting> _channel = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly SemaphoreSlim _file = new(1, 1);
    private readonly Task _writer;

    // Guarded by _file: how much of the file is whole, how many of its lines the log has, how many an earlier process wrote.
    private readonly Dictionary<string, long> _reserved = new(StringComparer.Ordinal);
    private readonly List<AuditEvent> _kept = [];
    private long _length;
    private int _moved;
    private int _inherited;
    private (Task<bool> Landed, bool IsKept)? _inDoubt;

    // Written under _file, read by anyone.
    private int _waiting;
    private int _keptCount;
    private long _refused;
    private volatile string? _fault;

    private AuditSpool(AuditSpoolOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>How many records wait to be moved into the log.</summary>
    public int Count => Volatile.Read(ref _waiting) + Volatile.Read(ref _keptCount);

    /// <summary>Records that the log refused for good when they were moved, because what they close was closed meanwhile.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Why the spool's own files could not be read or written the last time; null when they could.</summary>
    public string? Fault => _fault;

    /// <summary>The intents whose outcome an earlier process left here: they are not to be closed as unknown.</summary>
    public IReadOnlySet<string> Concluded { get; private set; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Opens the spool; what an earlier process left in it waits to be moved. A line that a crash cut short, which was never acknowledged, is cut off.</summary>
    /// <exception cref="AuditStoreException">The file cannot be read.</exception>
    public static AuditSpool Open(AuditSpoolOptions options, TimeProvider time)
    {
        try
        {
            DiskSync.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(options.Path))!);
            var found = SpoolFile.Open(options.Path);
            var concluded = found.Lines.Where(line => line.Event?.IntentId is not null).Select(line => line.Event!.IntentId!);
            return new AuditSpool(options, time)
            {
                _length = found.Length,
                _moved = found.Moved,
                _inherited = found.Lines.Count,
                _waiting = found.Lines.Count - found.Moved,
                Concluded = concluded.ToHashSet(StringComparer.Ordinal),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditStoreException($"{options.Path}: the spool cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Writes a record and returns when it is on the disk.</summary>
    /// <exception cref="AuditUnavailableException">
    /// The spool is full, cannot be written, or did not answer within the deadline. An outcome is kept in memory then, and handed to the log.
    /// </exception>
    public async Task AppendAsync(AuditEvent e)
    {
        var waiting = new Waiting(e, SpoolFile.Line(e));
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

    /// <summary>
    /// Moves what waits into the log. An intent of an earlier process that nothing here closes is closed as unknown, because its process is gone. Ends early,
    /// without an error, when the log does not take a record, or has not said yet whether it took one.
    /// </summary>
    public async Task DrainAsync(AuditLog log)
    {
        await _file.WaitAsync();
        try
        {
            _fault = null;
            _ = await IsSettledAsync() && await MoveLinesAsync(log) && await MoveKeptAsync(log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _fault = Unusable(e);
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

    /// <summary>A record that the log took without saying so in time is not handed to it a second time.</summary>
    private async Task<bool> IsSettledAsync()
    {
        if (_inDoubt is not { } doubt) return true;
        if (!doubt.Landed.IsCompleted) return false;
        _inDoubt = null;
        if (!await doubt.Landed) return true;
        if (doubt.IsKept) DropKept();
        else Advance();
        return true;
    }

    private async Task<bool> MoveLinesAsync(AuditLog log)
    {
        if (_length == 0) return true;
        var lines = SpoolFile.Read(_options.Path, _length);
        while (_moved < lines.Count)
        {
            // A crash between the append and the note of it: the log has it already.
            var has = lines[_moved].Event is not { } e || (_moved < _inherited && log.RecentIds.Contains(e.Id));
            if (!has && !await MoveAsync(log, lines[_moved].Event!, isKept: false)) return false;
            Advance();
        }

        var open = new Dictionary<string, AuditEvent>(StringComparer.Ordinal);
        foreach (var e in lines.Take(_inherited).Select(line => line.Event).OfType<AuditEvent>().Where(e => e.Kind == AuditKind.Intent)) open[e.Id] = e;
        foreach (var e in lines.Select(line => line.Event).OfType<AuditEvent>())
            if (e.IntentId is { } closed) open.Remove(closed);
        foreach (var intent in open.Values)
            if (!await CloseAsync(log, intent)) return false;

        var damaged = lines.Count(line => line.Event is null);
        if (damaged > 0 && !await ReportAsync(log, damaged)) return false;
        if (damaged > 0) File.Move(_options.Path, Aside());
        File.Delete(_options.Path);
        (_length, _moved, _inherited) = (0, 0, 0);
        SpoolFile.DeleteNote(_options.Path);
        return true;
    }

    private async Task<bool> MoveKeptAsync(AuditLog log)
    {
        while (_kept.Count > 0)
        {
            if (!await MoveAsync(log, _kept[0], isKept: true)) return false;
            DropKept();
        }

        return true;
    }

    // False: the log takes nothing now, or does not say. What it refuses for good is passed over.
    private async Task<bool> MoveAsync(AuditLog log, AuditEvent e, bool isKept)
    {
        try
        {
            await log.MoveAsync(e);
            return true;
        }
        catch (InvalidOperationException)
        {
            Interlocked.Increment(ref _refused);
            return true;
        }
        catch (AuditUnavailableException unavailable)
        {
            if (unavailable.Settled is { } landed) _inDoubt = (landed, isKept);
            return false;
        }
    }

    private async Task<bool> CloseAsync(AuditLog log, AuditEvent intent)
    {
        try
        {
            await log.AppendAsync(OwnRecords.Left(intent, _time), CancellationToken.None);
            return true;
        }
        catch (InvalidOperationException)
        {
            // The log closed it when it was opened, or in a try before this one.
            return true;
        }
        catch (AuditUnavailableException)
        {
            return false;
        }
    }

    private async Task<bool> ReportAsync(AuditLog log, int damaged)
    {
        try
        {
            await log.AppendAsync(new OwnRecords(log.Observer, _time).Damaged(log.Stream, damaged, _options.Path, Aside()), CancellationToken.None);
            return true;
        }
        catch (AuditUnavailableException)
        {
            return false;
        }
    }

    private string Aside() => Enumerable.Range(1, int.MaxValue).Select(i => $"{_options.Path}.damaged-{i}").First(path => !File.Exists(path));

    private void Advance()
    {
        _moved++;
        Volatile.Write(ref _waiting, _waiting - 1);
        try
        {
            SpoolFile.Note(_options.Path, _moved);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Known here, so nothing is moved twice; after a crash the newest ids in the log tell.
            _fault = Unusable(e);
        }
    }

    private string Unusable(Exception e) => $"{_options.Path}: the spool cannot be emptied: {e.Message}";

    private void DropKept()
    {
        _kept.RemoveAt(0);
        Volatile.Write(ref _keptCount, _kept.Count);
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
        var fitting = new List<Waiting>();
        var end = _length;
        foreach (var waiting in batch)
        {
            if (Room(waiting, end) is { } more)
            {
                (waiting.Reserves, end) = (more, end + waiting.Line.Length);
                Reserve(waiting);
                fitting.Add(waiting);
            }
            else
            {
                Fail(waiting, $"the spool is full at {_options.MaxBytes} bytes");
            }
        }

        if (fitting.Count == 0) return;
        try
        {
            _length = SpoolFile.Append(_options.Path, _length, [.. fitting.SelectMany(waiting => waiting.Line)]);
            Volatile.Write(ref _waiting, _waiting + fitting.Count);
            foreach (var waiting in fitting) waiting.Done.TrySetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var waiting in fitting)
            {
                _reserved.Remove(waiting.Event.Id);
                Fail(waiting, e.Message);
            }
        }
    }

    /// <summary>How many bytes a record keeps for another, when it fits; null when it does not.</summary>
    private long? Room(Waiting waiting, long end)
    {
        var reserves = waiting.Event.Kind == AuditKind.Intent ? waiting.Line.Length + OutcomeMore : 0;
        var own = waiting.Event.IntentId is { } intent ? _reserved.GetValueOrDefault(intent) : 0;
        return end + waiting.Line.Length + reserves + _reserved.Values.Sum() - own <= _options.MaxBytes ? reserves : null;
    }

    private void Reserve(Waiting waiting)
    {
        if (waiting.Reserves > 0) _reserved[waiting.Event.Id] = waiting.Reserves;
        if (waiting.Event.IntentId is { } closed) _reserved.Remove(closed);
    }

    private void Fail(Waiting waiting, string why)
    {
        if (waiting.Event.Kind == AuditKind.Outcome)
        {
            _kept.Add(waiting.Event);
            Volatile.Write(ref _keptCount, _kept.Count);
            _reserved.Remove(waiting.Event.IntentId!);
            waiting.Done.TrySetException(new AuditUnavailableException($"{_options.Path}: the outcome was not spooled, and is kept in memory until the log takes it: {why}", mayLand: true));
            return;
        }

        waiting.Done.TrySetException(Unavailable(why));
    }

    private AuditUnavailableException Unavailable(string why) => new($"{_options.Path}: the record was not spooled: {why}", mayLand: false);

    private sealed record Waiting(AuditEvent Event, byte[] Line)
    {
        public long Reserves { get; set; }

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
