namespace Gateway.Audit;

/// <summary>
/// Makes a checkpoint of a log at a steady pace, whether or not there are new records: signs it, publishes it in a file, hands it to a second
/// place, and appends it to the log. Never in a request's way.
/// </summary>
/// <remarks>
/// One checkpoint, in order: <list type="number">
/// <item>look for a newer key; the first checkpoint of a new key names it and is signed by both;</item>
/// <item>take the log's durable state, sign;</item>
/// <item>append it to the file: from here on it is published, and the log must keep to it;</item>
/// <item>hand it to the second place, whose failure is reported and tried again with the next;</item>
/// <item>append it to the log.</item>
/// </list>
/// </remarks>
public sealed class Checkpointer : IAsyncDisposable
{
    private readonly AuditLog _log;
    private readonly CheckpointerOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    // Guards what follows: one checkpoint at a time.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly List<string> _unsent = [];
    private int _keyNumber;
    private NoteSigner _signer;
    private Checkpoint? _last;
    private string _digest;
    private long _fileLength;
    private int _disposed;

    private Checkpointer(AuditLog log, CheckpointerOptions options, TimeProvider time, IReadOnlyList<string> published)
    {
        _log = log;
        _options = options;
        _time = time;
        (_keyNumber, _signer) = CheckpointKeys.Current(options.KeyDirectory, log.Stream);
        _digest = "-";
        _fileLength = -1;
        if (published.Count > 0)
        {
            var note = SignedNote.Parse(published[^1]);
            _last = Checkpoint.Parse(note.Text);
            _digest = note.Digest;
            // The key that signed last; a newer one is introduced by the next checkpoint.
            _keyNumber = CheckpointKeys.NumberThatSigned(options.KeyDirectory, note) ?? _keyNumber;
            if (_keyNumber > 0) (_, _signer) = CheckpointKeys.Load(options.KeyDirectory, _keyNumber, log.Stream);
        }

        _loop = Task.Run(LoopAsync);
    }

    /// <summary>The newest checkpoint.</summary>
    public Checkpoint? Last => _last;

    /// <summary>Why the newest checkpoint was not published everywhere; null when it was.</summary>
    public string? Fault { get; private set; }

    /// <summary>
    /// Begins. Holds the log to what was published of it before: a log that has fewer records, or others, was cut short, rewritten or
    /// rolled back, and is not gone on with.
    /// </summary>
    /// <exception cref="AuditStoreException">The log is not the one that was published, or the keys or the file cannot be used.</exception>
    public static Checkpointer Start(AuditLog log, CheckpointerOptions options, TimeProvider time)
    {
        try
        {
            var published = CheckpointFile.Read(options.File);
            ThrowIfOther(log, options, published);
            return new Checkpointer(log, options, time, published);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new AuditStoreException($"{options.File}: {e.Message}", e);
        }
    }

    /// <summary>Makes one now.</summary>
    public async Task<Checkpoint?> MakeAsync(CancellationToken ct = default)
    {
        await _gate.WaitAsync(ct);
        try
        {
            var (note, checkpoint, peaks) = Sign();
            _fileLength = CheckpointFile.Append(_options.File, note.ToString(), _fileLength);
            (_last, _digest, Fault) = (checkpoint, note.Digest, null);
            await SendAsync(note.ToString(), ct);
            await RecordAsync(checkpoint, note.ToString(), peaks);
            return checkpoint;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or AuditStoreException)
        {
            Report($"{_options.File}: the checkpoint was not published: {e.Message}");
            return null;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Stops, after a last checkpoint.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _stop.CancelAsync();
        await _loop;
        await MakeAsync();
        _gate.Dispose();
        _stop.Dispose();
    }

    private static void ThrowIfOther(AuditLog log, CheckpointerOptions options, IReadOnlyList<string> published)
    {
        if (published.Count == 0) return;
        var last = Checkpoint.Parse(SignedNote.Parse(published[^1]).Text);
        var tree = log.OpenedTree;
        if (last.Stream != log.Stream)
            throw new AuditStoreException($"{options.File}: holds the checkpoints of stream `{last.Stream}`, not of `{log.Stream}`; give each gateway a file of its own");
        if (last.Size > tree.Size)
        {
            throw new AuditStoreException(
                $"{options.File}: checkpoint {last.Number} was signed for {last.Size} records, the store has {tree.Size}: it was cut short, or an old copy was put back; "
                + "restore the store, or keep both as evidence and begin new ones");
        }

        if (last.Size == tree.Size && !tree.Root.AsSpan().SequenceEqual(last.Root.Span))
            throw new AuditStoreException($"{options.File}: checkpoint {last.Number} was signed for other records than the store has; verify the store");
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(_options.Interval, _time);
        try
        {
            do await MakeAsync(_stop.Token);
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private (SignedNote Note, Checkpoint Checkpoint, byte[] Peaks) Sign()
    {
        var (number, current) = CheckpointKeys.Current(_options.KeyDirectory, _log.Stream);
        var before = _signer;
        var isNew = number != _keyNumber;
        var state = _log.TreeHead;
        var checkpoint = new Checkpoint
        {
            Stream = _log.Stream,
            Size = state.Tree.Size,
            Root = state.Tree.Root,
            Number = (_last?.Number ?? 0) + 1,
            Time = _time.GetUtcNow(),
            Head = state.Head.Hash,
            Previous = _digest,
            NewKey = isNew ? current.Key.ToString() : null,
        };
        var note = isNew ? SignedNote.Sign(checkpoint.ToText(), before, current) : SignedNote.Sign(checkpoint.ToText(), current);
        (_keyNumber, _signer) = (number, current);
        return (note, checkpoint, state.Tree.ToBytes());
    }

    private async Task SendAsync(string note, CancellationToken ct)
    {
        if (_options.Second is not { } second) return;
        _unsent.Add(note);
        try
        {
            foreach (var one in _unsent.ToArray())
            {
                await second.PublishAsync(one, ct);
                _unsent.Remove(one);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            Report($"{second.Name}: {_unsent.Count} checkpoints wait to be published there: {e.Message}");
        }
    }

    private async Task RecordAsync(Checkpoint checkpoint, string note, byte[] peaks)
    {
        try
        {
            await _log.AppendAsync(
                new OwnRecords(_log.Observer, _time).Checkpoint(_log.Stream, new CheckpointRecord(note, peaks), checkpoint.Size), CancellationToken.None);
        }
        catch (AuditUnavailableException)
        {
            // It is published; the log says by itself that it does not take records.
        }
    }

    private void Report(string fault)
    {
        Fault = fault;
        _options.Faulted?.Invoke(fault);
    }
}

/// <summary>How a <see cref="Checkpointer"/> works.</summary>
public sealed record CheckpointerOptions
{
    /// <summary>Where checkpoints are published; better on another disk than the store, and copied away by other means.</summary>
    public required string File { get; init; }

    /// <summary>Folder of the signing keys; a first key is made when there is none.</summary>
    public required string KeyDirectory { get; init; }

    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A second place.</summary>
    public CheckpointPlace? Second { get; init; }

    /// <summary>Told when a checkpoint was not published everywhere.</summary>
    public Action<string>? Faulted { get; init; }
}
