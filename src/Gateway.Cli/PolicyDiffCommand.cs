using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Policy;
using Gateway.Policy.Analysis;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy diff</c>: compares two policies by what they mean, with a caller and a target for each difference.</summary>
internal static class PolicyDiffCommand
{
    private const string DefaultsPrefix = "defaults:";

    public static Command Create(Terminal terminal)
    {
        var before = new Argument<string>("before") { Description = "A policy file, a directory of them, or defaults:RELEASE for the defaults of a release alone." };
        var after = new Argument<string>("after") { Description = "The same, for what it is compared with." };
        var actions = new Option<string[]>("--action") { Description = "Only these actions.", HelpName = "ACTION", AllowMultipleArgumentsPerToken = true };
        var allowWidening = AllowWideningOption();
        var format = PolicyReportFormatOption.Create(PolicyReportFormat.Pretty, PolicyReportFormat.Json, PolicyReportFormat.Github);
        var source = PolicySource.WithoutFiles(terminal);
        var command = new Command("diff", "Tell what a change of rules means, action by action: exactly, with the smallest witness.") { before, after, actions, allowWidening, format };
        source.AddTo(command);
        command.SetAction(parsed => PolicyPlaces.Run(terminal, () =>
        {
            var (old, now) = (Load(source, parsed, parsed.GetRequiredValue(before)), Load(source, parsed, parsed.GetRequiredValue(after)));
            var changes = parsed.GetValue(actions) is { Length: > 0 } named ? [.. named.Select(action => PolicyDiff.Compare(old, now, action))] : PolicyDiff.Compare(old, now);
            Write(terminal, parsed.GetValue(format), changes, parsed.GetRequiredValue(after));
            if (parsed.GetValue(format) == PolicyReportFormat.Pretty) terminal.Out.WriteLine(Summary(changes));
            return ExitCodeOf(changes, parsed.GetValue(allowWidening));
        }));
        return command;
    }

    public static Option<bool> AllowWideningOption() => new("--allow-widening") { Description = "Do not fail when somebody is allowed who was denied." };

    public static int ExitCodeOf(IEnumerable<PolicyChange> changes, bool isWideningAllowed) =>
        !isWideningAllowed && changes.Any(change => change.Widening is not null) ? ExitCode.Widened : ExitCode.Ok;

    private static PolicySet Load(PolicySource source, ParseResult parsed, string named) => named.StartsWith(DefaultsPrefix, StringComparison.Ordinal)
        ? PolicySource.Load(source.Options(parsed, []) with { Defaults = named[DefaultsPrefix.Length..] })
        : source.Load(parsed, [named]);

    public static void Write(Terminal terminal, PolicyReportFormat format, IEnumerable<PolicyChange> changes, string file)
    {
        foreach (var change in changes.Where(change => change.Kind != PolicyChangeKind.Same))
        {
            switch (format)
            {
                case PolicyReportFormat.Json:
                    terminal.Out.WriteJson(Json(change));
                    break;
                case PolicyReportFormat.Github:
                    terminal.Out.WriteGithub([new PolicyReportLine(terminal.Shown(terminal.Resolve(file)), 0, 0, change.Widening is not null ? "warning" : "note", Word(change.Kind), change.Action, string.Join("; ", Lines(change).Skip(1).Select(line => line.Trim())))]);
                    break;
                default:
                    foreach (var line in Lines(change)) terminal.Out.WriteLine(Printable.Of(line));
                    break;
            }
        }
    }

    public static string Summary(IReadOnlyCollection<PolicyChange> changes) =>
        $"{Count(changes, PolicyChangeKind.Widened)} widened, {Count(changes, PolicyChangeKind.Narrowed)} narrowed, {Count(changes, PolicyChangeKind.Both)} both, {Count(changes, PolicyChangeKind.Same)} the same";

    private static int Count(IEnumerable<PolicyChange> changes, PolicyChangeKind kind) => changes.Count(change => change.Kind == kind);

    private static string Word(PolicyChangeKind kind) => kind.ToString().ToLowerInvariant();

    private static IEnumerable<string> Lines(PolicyChange change)
    {
        yield return $"{(change.Kind == PolicyChangeKind.Widened ? "WIDENS " : change.Kind == PolicyChangeKind.Narrowed ? "NARROWS" : "BOTH   ")}  {change.Action}";
        yield return $"         {change.Before ?? "no rule"} → {change.After ?? "no rule"}";
        if (change.Widening is { } widening) foreach (var line in Side("deny → allow", change.WidenedWhen, widening)) yield return line;
        if (change.Narrowing is { } narrowing) foreach (var line in Side("allow → deny", change.NarrowedWhen, narrowing)) yield return line;
    }

    private static IEnumerable<string> Side(string direction, IReadOnlyList<string> when, PolicyWitness witness)
    {
        yield return $"         {direction}  when {string.Join("; or ", when)}";
        yield return $"         witness  {witness}{(witness.IsOrdinaryToken ? "" : "  (only a token for more than one of project, domain and system)")}";
    }

    public static JsonObject Json(PolicyChange change) => new()
    {
        ["action"] = change.Action,
        ["change"] = Word(change.Kind),
        ["before"] = change.Before,
        ["after"] = change.After,
        ["widening"] = Json(change.Widening, change.WidenedWhen),
        ["narrowing"] = Json(change.Narrowing, change.NarrowedWhen),
    };

    private static JsonObject? Json(PolicyWitness? witness, IReadOnlyList<string> when) => witness is null ? null : new JsonObject
    {
        ["when"] = new JsonArray([.. when.Select(text => (JsonNode)text)]),
        ["creds"] = JsonSerializer.SerializeToNode(witness.Credentials),
        ["target"] = JsonSerializer.SerializeToNode(witness.Target),
        ["remote"] = JsonSerializer.SerializeToNode(witness.RemoteAnswers),
        ["ordinary_token"] = witness.IsOrdinaryToken,
    };
}
