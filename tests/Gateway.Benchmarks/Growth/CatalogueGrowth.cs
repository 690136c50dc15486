using System.Collections.Frozen;
using System.Text;
using Gateway.Actions;
using Gateway.FrontDoor;

namespace Gateway.Benchmarks;

/// <summary>The operation of a request among few and among many of a vendor's beside those of the compute API, and the action of a body.</summary>
internal static class CatalogueGrowth
{
    private const int Operations = 8_192;
    private const string Path = "/v2.1/servers/11111111-2222-3333-4444-555555555555/action";

    private static readonly ApiCatalogue Shipped = ApiCatalogue.LoadEmbedded();

    public static async Task PrintAsync()
    {
        var tries = GrowthCurve.Sizes.Select(size => (Size: size, Routes: With(size))).ToArray();
        await GrowthCurve.PrintAsync("find the operation of createBackup, so many of a vendor's beside the shipped ones", Operations, [.. tries.Select(one => Backup(one.Size, one.Routes))]);
        await GrowthCurve.PrintAsync("… any of the vendor's", Operations, [.. tries.Select(one => Any(one.Size, one.Routes))]);
        await GrowthCurve.PrintAsync("read the body of createBackup, so many of a vendor's actions beside the shipped ones", Operations, [.. GrowthCurve.Sizes.Select(Body)]);
    }

    private static GrowthProbe Backup(int size, RouteTrie routes) => GrowthProbe.Of(size, () =>
    {
        for (var i = 0; i < Operations; i++)
            if (routes.Match("POST", Path, out _) is null) throw new InvalidOperationException("the operation is not found");
    });

    private static GrowthProbe Any(int size, RouteTrie routes) =>
        GrowthProbe.Of(size, Operations, Drawn.Any, i => $"/v2.1/acme-{i}/5", path => routes.Match("GET", path, out _) is not null);

    private static GrowthProbe Body(int size)
    {
        var shipped = Shipped.Match("POST", Path)!;
        var backup = shipped.Operation.Actions["createBackup"];
        var actions = shipped.Operation.Actions.Values.Concat(Enumerable.Range(0, size).Select(i => backup with { Key = $"acme-{i}", Name = $"acme-{i}" }));
        var operation = shipped.Operation with { Actions = actions.ToFrozenDictionary(action => action.Key, StringComparer.Ordinal) };
        var match = new OperationMatch(operation, "/v2.1", ["server_id"], ["11111111-2222-3333-4444-555555555555"]);
        var body = Encoding.UTF8.GetBytes("""{"createBackup": {"name": "monday", "backup_type": "daily", "rotation": 2}}""");
        return GrowthProbe.Of(size, () =>
        {
            for (var i = 0; i < Operations; i++)
            {
                var reading = ActionReader.Read(match, body, new Microversion(2, 1));
                using var document = reading.Action?.Document;
                if (reading.Action?.Name != backup.Name) throw new InvalidOperationException("the action is not found");
            }
        });
    }

    /// <summary>What the catalogue finds operations in. Its own loading compares each operation with those before it, which takes too long for a million.</summary>
    private static RouteTrie With(int size)
    {
        var routes = new RouteTrie();
        foreach (var (operation, prefixes) in Shipped.Listed)
            foreach (var prefix in prefixes) routes.Add(operation, prefix);
        var show = Shipped.Match("GET", "/v2.1/servers/11111111-2222-3333-4444-555555555555")!.Operation;
        for (var i = 0; i < size; i++) routes.Add(show with { Name = $"acme-{i}:show", Path = $"/acme-{i}/{{id}}" }, "/v2.1");
        return routes;
    }
}
