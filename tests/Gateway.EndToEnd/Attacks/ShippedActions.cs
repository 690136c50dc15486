using System.Text.Json.Nodes;

namespace Gateway.EndToEnd.Attacks;

/// <summary>The server actions as config/api says them, read without the gateway's code.</summary>
/// <param name="CadfAction">What the record calls it.</param>
/// <param name="Rules">The rules that may decide about it.</param>
internal sealed record ShippedAction(string CadfAction, IReadOnlyList<string> Rules);

/// <summary>The shipped file of server actions.</summary>
internal static class ShippedActions
{
    private static readonly Dictionary<string, ShippedAction> ByKey = Read();

    public static ShippedAction Of(string key) =>
        ByKey.TryGetValue(key, out var action) ? action : throw new InvalidOperationException($"the catalogue has no action `{key}`");

    private static Dictionary<string, ShippedAction> Read()
    {
        var file = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "config", "api", "compute-server-actions.json")))!;
        return file["operations"]!.AsArray().SelectMany(operation => operation!["actions"]!.AsArray()).ToDictionary(
            action => (string)action!["key"]!,
            action => new ShippedAction(
                (string)action!["cadf_action"]!,
                [
                    .. action["rules"]!.AsArray().Select(rule => (string)rule!),
                    .. action["rules_when"]?.AsArray().Select(condition => (string)condition!["rule"]!) ?? [],
                ]),
            StringComparer.Ordinal);
    }
}
