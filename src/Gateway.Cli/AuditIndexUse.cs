using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>A store's search index, brought up to date: the gateway's own beside the store, or one that is thrown away where that cannot be written.</summary>
internal sealed class AuditIndexUse : IDisposable
{
    private readonly string? _temporary;

    private AuditIndexUse(AuditIndex index, string? temporary) => (Index, _temporary) = (index, temporary);

    public AuditIndex Index { get; }

    public static AuditIndexUse Open(string store, CancellationToken ct)
    {
        var stream = AuditStoreOption.Read(() => StreamName.Of(store));
        try
        {
            return CatchUp(AuditIndex.Open(PathOf(store), stream), null);
        }
        catch (AuditStoreException)
        {
            var temporary = Path.Combine(Directory.CreateTempSubdirectory("audit-index-").FullName, "index.db");
            return AuditStoreOption.Read(() => CatchUp(AuditIndex.Open(temporary, stream), temporary));
        }

        AuditIndexUse CatchUp(AuditIndex index, string? temporary)
        {
            try
            {
                index.CatchUp(store, ct: ct);
                return new AuditIndexUse(index, temporary);
            }
            catch
            {
                index.Dispose();
                throw;
            }
        }
    }

    /// <summary>Where a gateway keeps the index of a store.</summary>
    public static string PathOf(string store) => Path.ChangeExtension(store, ".index");

    /// <summary>Every record that a search finds, page by page.</summary>
    public IEnumerable<StoredAuditEvent> Find(string store, EventSearch search, int? limit)
    {
        var left = limit ?? int.MaxValue;
        while (left > 0)
        {
            var page = Search(search with { Limit = Math.Min(left, 1000) });
            foreach (var sequence in page.Sequences)
            {
                // Dropped for its age meanwhile.
                if (AuditReader.Find(store, sequence) is not { } stored) continue;
                left--;
                yield return stored;
            }

            if (page.Next is null) yield break;
            search = search with { Cursor = page.Next };
        }
    }

    public void Dispose()
    {
        Index.Dispose();
        if (_temporary is not null) Directory.Delete(Path.GetDirectoryName(_temporary)!, recursive: true);
    }

    private EventPage Search(EventSearch search)
    {
        try
        {
            return Index.Search(search);
        }
        catch (EventSearchException fault)
        {
            throw new CommandFault(ExitCode.Usage, fault.Message);
        }
    }
}
