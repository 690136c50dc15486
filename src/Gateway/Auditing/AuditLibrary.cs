using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>Where the record is searched: the index, kept up with the store by one hand and read by many, each with a connection of his own.</summary>
internal sealed partial class AuditLibrary(AuditRecord record, ILogger<AuditLibrary> logger) : IDisposable
{
    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _catchingUp = new(1, 1);

    /// <summary>Why the index is behind; null when it is not.</summary>
    public string? Fault { get; private set; }

    public void Dispose() => _catchingUp.Dispose();

    /// <summary>Takes in what the store has more.</summary>
    public async Task CatchUpAsync(CancellationToken ct)
    {
        await _catchingUp.WaitAsync(ct);
        try
        {
            await Task.Run(
                () =>
                {
                    using var index = AuditIndex.Open(record.Places.Index, record.Log.Stream);
                    using var records = record.OpenRecords();
                    index.CatchUp(records, ct: ct);
                },
                ct);
            Fault = null;
        }
        catch (AuditStoreException e)
        {
            if (Fault != e.Message) Log.Behind(logger, e.Message);
            Fault = e.Message;
        }
        finally
        {
            _catchingUp.Release();
        }
    }

    /// <summary>Finds a page of events, as the store has them.</summary>
    /// <exception cref="EventSearchException">The search cannot be made, or takes too long.</exception>
    public async Task<(IReadOnlyList<StoredAuditEvent> Events, string? Next)> SearchAsync(EventSearch search, CancellationToken ct)
    {
        await CatchUpAsync(ct);
        return await Task.Run(
            () =>
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
                limit.CancelAfter(LongestSearch);
                using var index = AuditIndex.Open(record.Places.Index, record.Log.Stream);
                var page = index.Search(search, limit.Token);
                using var reader = record.OpenRecords();
                return ((IReadOnlyList<StoredAuditEvent>)[.. page.Sequences.Select(reader.Find).OfType<StoredAuditEvent>()], page.Next);
            },
            ct);
    }

    /// <summary>The values that an attribute has.</summary>
    /// <exception cref="EventSearchException">There is no such attribute.</exception>
    public async Task<IReadOnlyList<string>> ValuesAsync(string attribute, string? onlyProject, int limit, CancellationToken ct)
    {
        await CatchUpAsync(ct);
        return await Task.Run(
            () =>
            {
                using var index = AuditIndex.Open(record.Places.Index, record.Log.Stream);
                return index.Values(attribute, onlyProject, limit);
            },
            ct);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The audit index is behind: {Problem}")]
        public static partial void Behind(ILogger logger, string problem);
    }
}
