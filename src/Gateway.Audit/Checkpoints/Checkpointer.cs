using System.Data.Common;

namespace Gateway.Audit;

/// <summary>
/// Makes a checkpoint of a log at a steady pace, whether or not there are new records: signs it, appends it to the log, publishes it in a file and hands it
/// to a second place. Never in a request's way.
/// </summary>
/// <remarks>
/// One checkpoint, in order: <list type="number">
/// <item>look for a newer key; the first checkpoint of a new key names it and is signed by both;</item>
/// <item>take the log's durable state, sign;</item>
/// <item>append it to the log: from here on its number is used. A crash after this leaves it to the next process to publish;</item>
/// <item>append it to the file: from here on it is published, and the log must keep to it;</item>
/// <item>leave it to the sender, which hands it to the second place in its own time.</item>
/// </list>
/// </remarks>
public sealed class Checkpointer : IAsyncDisposable
{
    // A place that holds a checkpoint for longer than this has failed, whatever comes of it.
    internal static readonly TimeSpan LongestPublication = TimeSpan.FromSeconds(15);

    private readonly AuditLog _log;
    private readonly CheckpointerOptions _options;
    private readonly TimeProvider _time;
    private readonly CheckpointSender? _sender;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    // Guards what follows: one checkpoint at a time.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Queue<Made> _unpublished = new();
    private (Made Made, Task<bool> Landed)? _inDoubt;
    private int _keyNumber;
    private NoteSigner _signer;
    private Checkpoint? _last;
    private string _digest;
    private long _fileLength;
    private volatile string? _fault;
    private long _makingSince;
    private int _disposed;

    private Checkpointer(AuditLog log, CheckpointerOptions options, TimeProvider time, LastCheckpoint? last)
    {
        _log = log;
        _options = options;
        _time = time;
        _last = last?.Checkpoint;
        _digest = last?.Digest ?? "-";
        (_keyNumber, _signer) = last is null ? CheckpointKeys.First(options.KeyDirectory, log.Stream) : (last.KeyNumber, last.Signer);
        _fileLength = -1;
        _sender = options.Second is { } second ? new CheckpointSender(second, options.File, time) : null;
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>The newest checkpoint.</summary>
    public Checkpoint? Last => _last;

    /// <summary>Why the newest checkpoint was not published everywhere; null when it was.</summary>
    public string? Fault => (FileFault, SecondFault) is ({ } first, { } second) ? $"{first}; {second}" : FileFault ?? SecondFault;

    /// <summary>Why the newest checkpoint is not in the log and the file; null when it is.</summary>
    public string? FileFault => Hang() ?? _fault;

    /// <summary>Why the second place has not all that were published; null when it has, or when there is none.</summary>
    public string? SecondFault => _sender?.Fault;

    /// <summary>Whether there is a second place.</summary>
    public bool HasSecond => _sender is not null;

    /// <summary>
    /// Begins. Holds the log to what was published of it before: a log that has fewer records, or others, was cut short, rewritten or
    /// rolled back, and is not gone on with.
    /// </summary>
    /// <exception cref="AuditStoreException">The log is not the one that was published, or the keys or the file cannot be used.</exception>
    public static Checkpointer Start(AuditLog log, CheckpointerOptions options, TimeProvider time)
    {
        try
        {
            return new Checkpointer(log, options, time, CheckpointHistory.Continue(log, options));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or DbException)
        {
            throw new AuditStoreException($"{options.File}: {e.Message}", e);
        }
    }

    /// <summary>Makes one now.</summary>
    /// <returns>Null when it is not in the log, or not in the file; <see cref="Fault"/> says why.</returns>
    public async Task<Checkpoint?> MakeAsync(CancellationToken ct = default)
    {
        await _gate.WaitAsync(ct);
        Volatile.Write(ref _makingSince, Math.Max(1, _time.GetTimestamp()));
        try
        {
            if (_inDoubt is { } before)
            {
                if (!before.Landed.IsCompleted) throw new AuditStoreException($"the log has not said yet whether it took checkpoint {before.Made.Checkpoint.Number}");
                if (await before.Landed) Accept(before.Made);
                _inDoubt = null;
            }

            var made = Sign();
            await RecordAsync(made);
            Accept(made);
            Publish();
            _fault = null;
            return made.Checkpoint;
        }
        catch (Exception e)
        {
            // Whatever it is, the next one is tried: a loop that ended here would leave the record without checkpoints and say nothing.
            _fault = $"{_options.File}: the checkpoint was not published: {e.Message}";
            return null;
        }
        finally
        {
            Volatile.Write(ref _makingSince, 0);
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
        if (_sender is not null) await _sender.DisposeAsync();
        _gate.Dispose();
        _stop.Dispose();
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

    private Made Sign()
    {
        var (number, current) = CheckpointKeys.Newest(_options.KeyDirectory, _log.Stream);
        var isNew = current.Key.ToString() != _signer.Key.ToString();

        // A key is replaced by one with a higher number, and by nothing else: otherwise a folder that is not there for a moment would be a new key.
        if (isNew && number <= _keyNumber)
            throw new AuditStoreException($"{_options.KeyDirectory}: `key-{_keyNumber}.pem` is no longer the key that signs; put it back, and replace it with `gatewayctl audit rotate-key`");
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
        var note = isNew ? SignedNote.Sign(checkpoint.ToText(), _signer, current) : SignedNote.Sign(checkpoint.ToText(), current);
        return new Made(note, checkpoint, state.Tree.ToBytes(), number, current);
    }

    private async Task RecordAsync(Made made)
    {
        try
        {
            await _log.AppendAsync(
                new OwnRecords(_log.Observer, _time).Checkpoint(_log.Stream, new CheckpointRecord(made.Note.ToString(), made.Peaks, _log.Status.OpenFloor), made.Checkpoint.Size), CancellationToken.None);
        }
        catch (AuditUnavailableException e) when (e.Settled is { } landed)
        {
            _inDoubt = (made, landed);
            throw;
        }
    }

    /// <summary>It is in the log: the next one follows it.</summary>
    private void Accept(Made made)
    {
        (_last, _digest, _keyNumber, _signer) = (made.Checkpoint, made.Note.Digest, made.KeyNumber, made.Signer);
        _unpublished.Enqueue(made);
    }

    private void Publish()
    {
        while (_unpublished.TryPeek(out var made))
        {
            var note = made.Note.ToString();
            _fileLength = CheckpointFile.Append(_options.File, note, _fileLength);
            _unpublished.Dequeue();
            _sender?.Send(made.Checkpoint.Number, note);
        }
    }

    private string? Hang() =>
        Volatile.Read(ref _makingSince) is > 0 and var since && _time.GetElapsedTime(since) is var held && held >= LongestPublication
            ? $"{_options.File}: the checkpoint was not published: its disk or the log has not answered for {held.TotalSeconds:0} s"
            : null;

    private sealed record Made(SignedNote Note, Checkpoint Checkpoint, byte[] Peaks, int KeyNumber, NoteSigner Signer);
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
}
