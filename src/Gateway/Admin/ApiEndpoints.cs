using System.Text;
using Gateway.Actions;
using Gateway.Auditing;
using Gateway.Forwarding;
using Gateway.FrontDoor;
using Gateway.Policies;

namespace Gateway.Admin;

/// <summary>
/// What the gateway would do with an operation or a request, for <c>gatewayctl api</c>: <c>/api/operations</c>, <c>/api/operations/NAME</c>,
/// <c>/api/check</c> for a request, <c>/api/catalogue</c> for the files on disk. Nothing is decided about a caller here, and nothing is sent.
/// </summary>
internal sealed class ApiEndpoints(ApiCatalogue catalogue, OperationViews views, PolicyStore policies, ClusterRoutes routes, MicroversionResolver microversions, ApiOptions options)
    : IAdminEndpoints
{
    /// <summary>A request to be read: as on the wire, less its token.</summary>
    internal sealed record RequestToCheck(string? Method, string? Target, string? Version, string? Body);

    /// <summary>How a request is read.</summary>
    /// <param name="Refusal">Why it goes no further; null when it does.</param>
    /// <param name="Version">The microversion it is read in.</param>
    /// <param name="Rules">The rules that guard this very request.</param>
    /// <param name="SchemaFault">What its schema does not accept, where it is let pass all the same.</param>
    /// <param name="Operation">The operation, as <c>/api/operations</c> shows it.</param>
    internal sealed record CheckedRequest(RefusalView? Refusal, string? Version, IReadOnlyList<RuleView> Rules, string? SchemaFault, OperationView? Operation);

    internal sealed record RefusalView(int Status, string Code, string Message);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/operations", () => Results.Json(views.All()));
        routes.MapGet("/api/operations/{name}", (string name) => views.All().FirstOrDefault(view => view.Name == name) is { } found
            ? Results.Json(found)
            : Results.Json(new { title = "Not Found", status = 404, detail = $"no operation is called `{name}`" }, statusCode: StatusCodes.Status404NotFound));
        routes.MapPost("/api/check", (RequestToCheck request) => request is { Method: { } method, Target: { } target }
            ? Results.Json(Check(method, target, request))
            : Results.Json(new { title = "Bad Request", status = 400, detail = "`method` and `target` are needed" }, statusCode: StatusCodes.Status400BadRequest));
        routes.MapGet("/api/catalogue", () => Results.Json(CheckFiles()));
    }

    private CheckedRequest Check(string method, string rawTarget, RequestToCheck request)
    {
        if (RequestTarget.Parse(rawTarget).IsRefused(out var target, out var refusal)) return Refused(refusal);
        var headers = new HeaderDictionary();
        if (request.Version is { } version) headers[ProtectedHeaders.ApiVersion] = $"compute {version}";
        if (microversions.Resolve(headers).IsRefused(out var resolved, out refusal)) return Refused(refusal);
        if (catalogue.Find(method, target.Path) is not { } match) return Refused(Refusal.NotRouted("operation_unknown"));
        if (routes.Find(method, target.Path) is not { } way) return Refused(Refusal.NotRouted("route_unknown"));

        var body = Encoding.UTF8.GetBytes(request.Body ?? string.Empty);
        if (body.Length > RequestInspector.LargestBody) return Refused(RequestInspector.TooLarge());
        var route = catalogue.Listed.FirstOrDefault(known => known.Operation == match.Operation) ?? new ListedOperation(match.Operation, [match.Prefix]);
        if (match.Operation.Access == OperationAccess.Public && body.Length == 0)
            return new CheckedRequest(null, resolved.Version.ToString(), [], null, views.View(route, null));
        var reading = ActionReader.Read(match, body, resolved.Version, target.Query, schemas: SchemaModes.Of(way.Cluster.Metadata));
        if (!reading.Succeeded) return Refused(new Refusal(reading.Refusal.Status, reading.Refusal.Reason, reading.Refusal.Message));

        using var document = reading.Action.Document;
        if (reading.Action.Definition is { } definition && definition.IsGone(policies.Current.RuleNames)) return Refused(Refusal.Gone());
        return new CheckedRequest(
            null,
            resolved.Version.ToString(),
            [.. reading.Action.Rules.Select(guard => views.Rule(guard, null))],
            reading.Action.SchemaFault is { } fault ? AnswerText.WithoutCredentials(fault) : null,
            views.View(route, reading.Action.Definition));
    }

    private static CheckedRequest Refused(Refusal refusal) =>
        new(new RefusalView(refusal.Status, refusal.Code, AnswerText.WithoutCredentials(refusal.Message)), null, [], null, null);

    /// <summary>Reads the catalogue's files again, as the next start would, and holds them to the rules in force.</summary>
    private object CheckFiles()
    {
        try
        {
            var onDisk = ApiCatalogue.Load(options);
            var rules = policies.Current.RuleNames;
            var unruled = onDisk.Operations
                .SelectMany(operation => Rules(operation)
                    .Where(rule => !rules.Contains(rule.NameIn(rules)))
                    .Select(rule => $"operation `{operation.Name}`: the rules in force have no `{rule.Name}`, so that {WhatThen(rule)}; add the rule"));
            return new { problems = Array.Empty<string>(), warnings = unruled.Distinct(StringComparer.Ordinal).ToArray(), operations = onDisk.Names.Count };
        }
        catch (CatalogueException e)
        {
            return new { problems = e.Problems, warnings = Array.Empty<string>(), operations = 0 };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new { problems = new[] { $"the catalogue's files cannot be read: {e.Message}" }, warnings = Array.Empty<string>(), operations = 0 };
        }
    }

    private static IEnumerable<GuardingRule> Rules(Operation operation) => operation.Rules
        .Concat(operation.ConditionalRules.Select(condition => condition.Rule))
        .Concat(operation.Actions.Values.Where(action => !action.IsGoneWithoutRule)
            .SelectMany(action => action.Rules.Concat(action.ConditionalRules.Select(condition => condition.Rule))));

    private string WhatThen(GuardingRule rule) =>
        policies.Current.TextOf(rule.Name) is { } standIn ? $"the default rule `{standIn}` stands in for it" : "what it guards is refused to everybody";
}
