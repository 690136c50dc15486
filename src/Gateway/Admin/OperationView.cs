using System.Text.Json;
using Gateway.Actions;
using Gateway.Auditing;
using Gateway.Forwarding;
using Gateway.Limits;
using Gateway.Policies;

namespace Gateway.Admin;

/// <summary>What the gateway does with an operation, as it stands: catalogue, rules, limits and routes together.</summary>
internal sealed record OperationView
{
    /// <summary>The name in limits and records.</summary>
    public required string Name { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    /// <summary>The body's one key, where it names the action.</summary>
    public string? Key { get; init; }

    public required IReadOnlyList<string> Prefixes { get; init; }

    public required string Versions { get; init; }

    /// <summary><c>rules</c>, <c>authenticated</c> or <c>public</c>.</summary>
    public required string Access { get; init; }

    public required IReadOnlyList<RuleView> Rules { get; init; }

    /// <summary>What the rules are asked about.</summary>
    public required string Target { get; init; }

    public required IReadOnlyList<BodyView> Body { get; init; }

    public required int Success { get; init; }

    public required string CadfAction { get; init; }

    /// <summary>How much of a call the record keeps, and how surely, by config/audit.yaml: <c>request, strict</c>.</summary>
    public required string Audit { get; init; }

    public required IReadOnlyList<string> Secrets { get; init; }

    public required IReadOnlyList<string> Limits { get; init; }

    /// <summary>The cluster that the operation goes to; null when no route takes it.</summary>
    public string? Cluster { get; init; }

    /// <summary>What comes of a body that its schema does not accept: <c>strict</c>, <c>report</c> or <c>off</c>.</summary>
    public required string Schemas { get; init; }
}

/// <summary>A guarding rule and its text in force.</summary>
/// <param name="Name">Its name in the rules in force.</param>
/// <param name="Check">Its text; null when the rules in force have none, so that it denies.</param>
/// <param name="When">The condition under which it is asked; null for always.</param>
internal sealed record RuleView(string Name, string? Check, string? When);

/// <summary>The schema of a body in a range of versions.</summary>
internal sealed record BodyView(string Versions, JsonElement Schema);

/// <summary>Puts operations together with what is in force for them.</summary>
internal sealed class OperationViews(ApiCatalogue catalogue, PolicyStore policies, LimitStore limits, AuditRulesStore auditRules, ClusterRoutes routes)
{
    /// <summary>Every operation, by name.</summary>
    public IEnumerable<OperationView> All() => catalogue.Listed.SelectMany(Of).OrderBy(view => view.Name, StringComparer.Ordinal);

    /// <summary>The views of an operation: one, or one for each of its actions.</summary>
    public IEnumerable<OperationView> Of(ListedOperation route) => route.Operation.Body == BodyUse.Action
        ? route.Operation.Actions.Values.Select(action => View(route, action))
        : [View(route, null)];

    public OperationView View(ListedOperation route, ActionDefinition? action)
    {
        var operation = route.Operation;
        var name = action?.Name ?? operation.Name;
        var cluster = routes.Find(operation.Method, (route.Prefixes[0] + operation.Path).Replace('{', '_').Replace('}', '_'))?.Cluster;
        return new OperationView
        {
            Name = name,
            Method = operation.Method,
            Path = operation.Path,
            Key = action?.Key,
            Prefixes = [.. route.Prefixes.Where(prefix => prefix.Length > 0)],
            Versions = (action?.Versions ?? operation.Versions).ToString(),
            Access = Word(operation.Access),
            Rules = [.. Rules(action?.Rules ?? operation.Rules, action?.ConditionalRules ?? operation.ConditionalRules)],
            Target = Word(operation.Target),
            Body = [.. (action?.Bodies ?? []).Select(body => new BodyView(body.Versions.ToString(), body.Source))],
            Success = action?.Success ?? operation.Success,
            CadfAction = action?.CadfAction ?? operation.CadfAction,
            Audit = Describe(auditRules.Current.For(name)),
            Secrets = [.. (action?.Secrets ?? operation.Secrets).Order(StringComparer.Ordinal)],
            Limits = [.. limits.For(name).Select(Describe)],
            Cluster = cluster?.ClusterId,
            Schemas = Word(SchemaModes.Of(cluster?.Metadata)),
        };
    }

    public RuleView Rule(GuardingRule guard, string? when)
    {
        var rules = policies.Current;
        var name = guard.NameIn(rules.RuleNames);
        return new RuleView(name, rules.TextOf(name), when);
    }

    private IEnumerable<RuleView> Rules(IReadOnlyList<GuardingRule> always, IReadOnlyList<ConditionalRule> conditional) =>
        always.Select(guard => Rule(guard, null)).Concat(conditional.Select(condition => Rule(condition.Rule, condition.Describe())));

    private static string Describe(Limit limit) =>
        $"{limit.Name}: {(limit.IsConcurrency ? $"{limit.Numbers.Concurrent} at once" : $"{limit.Numbers.Count} per {limit.Numbers.Unit.Word}, burst {limit.Numbers.Burst}")}, for each {Word(limit.Scope)}{(limit.Mode == LimitMode.Shadow ? ", shadow" : "")}";

    private static string Describe(AuditRule rule) => $"{Word(rule.Level)}, {(rule.Durability == Durability.BestEffort ? "best-effort" : Word(rule.Durability))}";

    internal static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
