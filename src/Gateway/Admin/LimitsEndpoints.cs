using System.Net;
using Gateway.Actions;
using Gateway.Audit;
using Gateway.Auditing;
using Gateway.Limits;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gateway.Admin;

/// <summary>
/// Limits for operators: <c>GET /admin/limits</c> shows a caller's, <c>GET /admin/limits/top</c> who uses most, and <c>POST /admin/limits/check</c> says what a limits
/// file would have done to the recorded traffic. All of it only looks.
/// </summary>
internal sealed class LimitsEndpoints(LimitView view, ApiCatalogue catalogue, AuditRecord record) : IAdminEndpoints, IDisposable
{
    private const int LargestFile = 1 << 20;
    private const int MostRecords = 1_000_000;
    private const int DefaultRecords = 100_000;
    private const int RecordsAtOnce = 1000;

    private static readonly Dictionary<string, LimitScope> Parts = BucketKey.Order.ToDictionary(part => part.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    // One at a time: a check reads the store and counts for seconds.
    private readonly SemaphoreSlim _checking = new(1);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/admin/limits", (Delegate)ShowAsync);
        routes.MapGet("/admin/limits/top", () => TypedResults.Ok(view.Top()));
        routes.MapPost("/admin/limits/check", (Delegate)CheckAsync);
    }

    public void Dispose() => _checking.Dispose();

    private async Task<IResult> ShowAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (query.Keys.FirstOrDefault(key => !Parts.ContainsKey(key) && key != "role") is { } unknown)
            return Bad($"`{unknown}` is unknown; known are {string.Join(", ", Parts.Keys)}, role");

        string? Value(string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;
        IPAddress? peer = null;
        if (Value("network") is { } network && !IPAddress.TryParse(network, out peer)) return Bad($"`network={network}` is no address");
        if (Value("action") is { } action && !catalogue.Names.Contains(action)) return Bad($"`action={action}` is no action of the catalogue");

        var known = Parts.Where(part => query.ContainsKey(part.Key)).Aggregate(LimitScope.Global, (all, part) => all | part.Value);
        var request = new LimitRequest(Value("user") ?? "", Value("project"), Value("action") ?? "")
        {
            DomainId = Value("domain"),
            Roles = [.. query["role"].OfType<string>()],
            Peer = peer,
            ServerId = Value("server"),
            Host = Value("host"),
            Cluster = Value("cluster"),
        };
        return TypedResults.Ok(await view.SeeAsync(request, known, Value("action")));
    }

    private async Task<IResult> CheckAsync(HttpContext context)
    {
        var records = DefaultRecords;
        if (context.Request.Query["records"].ToString() is { Length: > 0 } asked && (!int.TryParse(asked, out records) || records is < 0 or > MostRecords))
            return Bad($"`records={asked}` must be a number from 0 to {MostRecords}");
        if (context.Request.ContentLength is not (<= LargestFile)) return Bad($"a limits file of at most {LargestFile} bytes is needed as the body");
        using var reader = new StreamReader(context.Request.Body);
        var loaded = LimitSet.Load(await reader.ReadToEndAsync(context.RequestAborted), "limits.yaml", catalogue);
        if (loaded.Limits is not { } limits) return TypedResults.Ok(new LimitsChecked(loaded.Problems, null));
        if (!await _checking.WaitAsync(TimeSpan.Zero, context.RequestAborted))
            return TypedResults.Problem("another check is at work; ask again when it is done", statusCode: StatusCodes.Status409Conflict);
        try
        {
            var simulated = await Task.Run(() => SimulateAsync(limits, records, context.RequestAborted), context.RequestAborted);
            return TypedResults.Ok(new LimitsChecked([], simulated));
        }
        catch (AuditStoreException e)
        {
            return TypedResults.Problem(e.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        finally
        {
            _checking.Release();
        }
    }

    private Task<SimulatedLimits> SimulateAsync(LimitSet limits, int records, CancellationToken cancel) =>
        new LimitSimulation(limits).RunAsync(new RecordedTraffic(catalogue).MomentsIn(Newest(records)), cancel);

    /// <summary>The newest records in their order, some at a time, from wherever this gateway keeps them.</summary>
    private IEnumerable<AuditEvent> Newest(int count)
    {
        using var records = record.OpenRecords();
        var last = record.Log.Status.Sequence;
        for (var at = Math.Max(0, last - count); at < last;)
        {
            var page = records.After(at, (int)Math.Min(RecordsAtOnce, last - at));
            if (page.Count == 0) yield break;
            foreach (var stored in page) yield return stored.Event;
            at = page[^1].Sequence;
        }
    }

    private static ProblemHttpResult Bad(string problem) => TypedResults.Problem(AnswerText.WithoutCredentials(problem), statusCode: StatusCodes.Status400BadRequest);

    /// <summary>What a check found: problems of the file, or what it would have done.</summary>
    internal sealed record LimitsChecked(IReadOnlyList<string> Problems, SimulatedLimits? Simulation);
}
