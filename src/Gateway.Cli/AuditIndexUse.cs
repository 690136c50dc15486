using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>
/// A record's search index, brought up to date: the one that is named, else the gateway's own beside a store that is a file, else one that is thrown away.
/// </summary>
internal sealed class AuditIndexUse : IDisposable
{
    private const int AtOnce = 200;

    private readonly AuditSource _source;
    private readonly string? _temporary;

    private AuditIndexUse(AuditSource source, AuditIndex index, string? temporary) => (_source, Index, _temporary) = (source, index, temporary);

    public AuditIndex Index { get; }

    /// <summary>The option that names an index.</summary>
    public static Option<string?> CreateOption() => new("--index")
    {
        Description = "The search index to use and keep up to date; it is made when there is none. By default audit.index beside a store that is a file; for a database one that is thrown away, so that each search reads all of it.",
        HelpName = "FILE",
    };

    /// <param name="named">The index's file; null for what is customary.</param>
    public static AuditIndexUse Open(AuditSource source, string? named, CancellationToken ct)
    {
        var stream = AuditStoreOption.Read(() => source.Stream);
        if (named is not null) return AuditStoreOption.Read(() => CatchUp(AuditIndex.Open(named, stream), null));
        if (File.Exists(source.Name))
        {
            try
            {
                return CatchUp(AuditIndex.Open(PathOf(source.Name), stream), null);
            }
            catch (AuditStoreException)
            {
                // Somebody who may read the store and write nothing beside it.
            }
        }

        var temporary = Path.Combine(Directory.CreateTempSubdirectory("audit-index-").FullName, "index.db");
        return AuditStoreOption.Read(() => CatchUp(AuditIndex.Open(temporary, stream), temporary));

        AuditIndexUse CatchUp(AuditIndex index, string? temporary)
        {
            try
            {
                index.CatchUp(source, ct: ct);
                return new AuditIndexUse(source, index, temporary);
            }
            catch (Exception)
            {
                index.Dispose();
                throw;
            }
        }
    }

    /// <summary>Where a gateway keeps the index of a store.</summary>
    public static string PathOf(string store) => Path.ChangeExtension(store, ".index");

    /// <summary>Every record that a search finds, page by page.</summary>
    public IEnumerable<StoredAuditEvent> Find(EventSearch search, int? limit)
    {
        var left = limit ?? int.MaxValue;
        while (left > 0)
        {
            var page = Guarded(() => Index.Search(search with { Limit = Math.Min(left, 1000) }));

            // Read whole before it is handed on: a reader that dawdles would keep a gateway from sealing its store.
            List<StoredAuditEvent> found;
            using (var records = _source.OpenRecords()) found = [.. page.Sequences.Select(records.Find).OfType<StoredAuditEvent>()];
            foreach (var stored in found) yield return stored;
            left -= found.Count;
            if (page.Next is null) yield break;
            search = search with { Cursor = page.Next };
        }
    }

    /// <summary>Every record that a search finds, in the order of their numbers. Never more than one part of them is in memory.</summary>
    public IEnumerable<StoredAuditEvent> FindAll(EventSearch search, CancellationToken ct)
    {
        foreach (var part in Guarded(() => Index.SearchAll(search, ct)).Chunk(AtOnce))
        {
            List<StoredAuditEvent> found;
            using (var records = _source.OpenRecords()) found = [.. part.Select(records.Find).OfType<StoredAuditEvent>()];
            foreach (var stored in found) yield return stored;
        }
    }

    public void Dispose()
    {
        Index.Dispose();
        if (_temporary is not null) Directory.Delete(Path.GetDirectoryName(_temporary)!, recursive: true);
    }

    private static T Guarded<T>(Func<T> search)
    {
        try
        {
            return search();
        }
        catch (EventSearchException fault)
        {
            throw new CommandFault(ExitCode.Usage, fault.Message);
        }
    }
}
