using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>
/// Where the record is searched: the index, kept up with the store by one hand in the background and read by a few at a time, each with a connection of his own.
/// </summary>
internal sealed partial class AuditLibrary(AuditRecord record, AuditLibraryOptions options, TimeProvider time, ILogger<AuditLibrary> logger) : IAsyncDisposable, IDisposable
{
    private readonly SemaphoreSlim _searches = new(options.Searches, options.Searches);
    private readonly CancellationTokenSource _stop = new();

    // Guards the next field: one catches up, and everybody else waits for him.
    private readonly Lock _gate = new();
    private Task _catchingUp = Task.CompletedTask;
    private long _through;
    private long _wanted;
    private volatile string? _fault;

    /// <summary>Why the index is behind; null when it is not.</summary>
    public string? Fault => _fault;

    public void Dispose()
    {
        _stop.Cancel();
        _searches.Dispose();
    }

    /// <summary>Ends the catching up after its transaction.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _catchingUp.WaitAsync(options.LongestSearch, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _searches.Dispose();
    }

    /// <summary>Takes in what the store has more, together with whoever does so already.</summary>
    public Task CatchUpAsync(CancellationToken ct) => CatchUpAsync(record.Log.Status.Sequence, ct);

    /// <summary>Takes in what the store has more, for as long as it may: what a search waits for is taken in all the same. Does nothing when somebody does so already.</summary>
    /// <param name="mayGoOn">Asked after each transaction.</param>
    /// <param name="ct">Ends the waiting.</param>
    public Task CatchUpWhileAsync(Func<bool> mayGoOn, CancellationToken ct) => Catching(mayGoOn).WaitAsync(ct);

    /// <summary>Finds a page of events, as the store has them.</summary>
    /// <exception cref="EventSearchException">The search cannot be made, or takes too long.</exception>
    /// <exception cref="SearchUnavailableException">Too many search, or the index is behind.</exception>
    public Task<(IReadOnlyList<StoredAuditEvent> Events, string? Next)> SearchAsync(EventSearch search, CancellationToken ct) => ReadAsync(
        (index, limit) =>
        {
            var page = index.Search(search, limit);
            using var reader = record.OpenRecords();
            return ((IReadOnlyList<StoredAuditEvent>)[.. page.Sequences.Select(reader.Find).OfType<StoredAuditEvent>()], page.Next);
        },
        ct);

    /// <summary>The values that an attribute has.</summary>
    /// <exception cref="EventSearchException">There is no such attribute, or it takes too long.</exception>
    /// <exception cref="SearchUnavailableException">Too many search, or the index is behind.</exception>
    public Task<IReadOnlyList<string>> ValuesAsync(string attribute, string? onlyProject, int limit, CancellationToken ct) =>
        ReadAsync((index, time) => index.Values(attribute, onlyProject, limit, time), ct);

    /// <summary>Waits until the index has everything that is recorded by now, a short time, and then for a place.</summary>
    private async Task<T> ReadAsync<T>(Func<AuditIndex, CancellationToken, T> read, CancellationToken ct)
    {
        await WaitForIndexAsync(ct);
        if (!await _searches.WaitAsync(options.LongestWait, ct))
            throw new SearchUnavailableException($"{options.Searches} searches are being made, and no more at a time: ask again in a moment", retryAfterSeconds: 2);
        try
        {
            return await Task.Run(
                () =>
                {
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
                    limit.CancelAfter(options.LongestSearch);
                    using var index = AuditIndex.OpenForSearch(record.Places.Index, record.Log.Stream);
                    try
                    {
                        return read(index, limit.Token);
                    }
                    catch (EventSearchException) when (ct.IsCancellationRequested)
                    {
                        throw new OperationCanceledException(ct);
                    }
                },
                ct);
        }
        finally
        {
            _searches.Release();
        }
    }

    private async Task WaitForIndexAsync(CancellationToken ct)
    {
        var wanted = record.Log.Status.Sequence;
        try
        {
            await CatchUpAsync(wanted, ct).WaitAsync(options.LongestWait, time, ct);
        }
        catch (TimeoutException)
        {
            throw new SearchUnavailableException(
                $"the search index has {Math.Max(0, wanted - Volatile.Read(ref _through))} of {wanted} records still to take in, which goes on in the background: ask again later", retryAfterSeconds: 10);
        }

        if (_fault is not null) throw new SearchUnavailableException("the search index cannot be brought up to date at this time", retryAfterSeconds: 10);
    }

    private async Task CatchUpAsync(long wanted, CancellationToken ct)
    {
        lock (_gate) _wanted = Math.Max(_wanted, wanted);

        // Who joins one that has looked at the end of the store already, or may go no further, runs another.
        await Catching(NoFurther).WaitAsync(ct);
        if (_fault is null && Volatile.Read(ref _through) < wanted) await Catching(NoFurther).WaitAsync(ct);
    }

    /// <summary>For a search: what it waits for, and no race with calls that are many.</summary>
    private static bool NoFurther() => false;

    private Task Catching(Func<bool> mayGoOn)
    {
        lock (_gate) return _catchingUp = _catchingUp.IsCompleted && !_stop.IsCancellationRequested ? Task.Run(() => CatchUp(mayGoOn)) : _catchingUp;
    }

    private void CatchUp(Func<bool> mayGoOn)
    {
        try
        {
            using var index = AuditIndex.Open(record.Places.Index, record.Log.Stream);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            Volatile.Write(ref _through, index.Through);
            index.CatchUp(record.Source, new Progress(this, mayGoOn, end), record.Log.Status.Sequence, end.Token);
            Volatile.Write(ref _through, index.Through);
            _fault = null;
        }
        catch (Exception e)
        {
            // Whatever it is, the next search tries again.
            if (_fault != e.Message) Log.Behind(logger, e.Message);
            _fault = e.Message;
        }
    }

    // On the thread that catches up: the framework's own would be late.
    private sealed class Progress(AuditLibrary library, Func<bool> mayGoOn, CancellationTokenSource end) : IProgress<long>
    {
        public void Report(long value)
        {
            Volatile.Write(ref library._through, value);
            if (value >= Volatile.Read(ref library._wanted) && !mayGoOn()) end.Cancel();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The audit index is behind: {Problem}")]
        public static partial void Behind(ILogger logger, string problem);
    }
}

/// <summary>How much may be searched.</summary>
internal sealed record AuditLibraryOptions
{
    /// <summary>Searches at a time.</summary>
    public int Searches { get; init; } = 4;

    /// <summary>How long a search waits for the index, and then for its turn.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan LongestSearch { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>A search cannot be made now; the message says why, for whoever asked.</summary>
internal sealed class SearchUnavailableException(string message, long retryAfterSeconds) : Exception(message)
{
    public long RetryAfterSeconds { get; } = retryAfterSeconds;
}
