using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Casbin.Tests.Conformance;

/// <summary>
/// Requests for a model and a policy: the cross product of what the policy mentions for each field and a few values it does not, thinned
/// evenly to a bound. The same for every run.
/// </summary>
internal static partial class RequestGenerator
{
    private const int MostPerPair = 400;

    private static readonly string[] Extras = ["nobody", "alice", "/book/1", "/alice_data/x", "10.0.1.2", "domain1", "read", "GET", ""];

    private static readonly JsonElement[] Objects =
    [
        JsonElement.Parse("""{ "Age": 10, "Owner": "alice", "Doc": "d1", "Docs": ["d1", "d2"] }"""),
        JsonElement.Parse("""{ "Age": 30, "Owner": "bob", "Doc": "d3", "Docs": ["d1"] }"""),
        JsonElement.Parse("""{ "Age": 70, "Owner": "alice", "Doc": "d2", "Docs": [] }"""),
    ];

    public static List<object[]> Generate(DefaultModel model, EnforceContext context, IReadOnlyList<PolicyRow> rows, string text)
    {
        var fields = model.RequestFields(context.RequestType);
        var attributes = Attributes().Matches(text).Select(match => match.Groups["field"].Value).ToHashSet(StringComparer.Ordinal);
        var values = fields.Select(field => Values(model, context, rows, field, attributes.Contains(field))).ToList();
        var total = values.Aggregate(1L, (product, list) => product * list.Count);
        var step = Math.Max(1, (total / MostPerPair) | 1);
        var requests = new List<object[]>();
        for (var number = 0L; number < total; number += step)
        {
            var rest = number;
            var request = new object[values.Count];
            for (var i = values.Count - 1; i >= 0; i--)
            {
                request[i] = values[i][(int)(rest % values[i].Count)];
                rest /= values[i].Count;
            }

            requests.Add(request);
        }

        return requests;
    }

    private static List<object> Values(DefaultModel model, EnforceContext context, IReadOnlyList<PolicyRow> rows, string field, bool isObject)
    {
        if (isObject)
            return [.. Objects, "alice"];
        var column = model.PolicyFields(context.PolicyType).IndexOf(field);
        var mentioned = rows.Where(row => row.PolicyType[0] == 'p' && column >= 0 && column < row.Values.Length).Select(row => row.Values[column]);
        var linked = field switch
        {
            "act" or "action" => [],
            "dom" => rows.Where(row => row.PolicyType == "g").SelectMany(row => row.Values.Skip(2)).Concat(rows.Where(row => row.PolicyType == "g2").SelectMany(row => row.Values)),
            _ => rows.Where(row => row.PolicyType[0] == 'g').SelectMany(row => row.Values.Take(2)),
        };
        var known = mentioned.Concat(linked).Distinct(StringComparer.Ordinal).ToList();
        return [.. known.Concat(known.Select(Instance)).Concat(Extras).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Something that a pattern might match.</summary>
    private static string Instance(string pattern) => Parameters().Replace(pattern, "7").Replace("/*", "/any/thing", StringComparison.Ordinal)
        .Replace("(", "", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal).Split('|')[0].Replace("0/24", "123", StringComparison.Ordinal);

    [GeneratedRegex(@"\br\d*[._](?<field>\w+)\.\w+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Attributes();

    [GeneratedRegex(@":\w+|\{\w+\}", RegexOptions.None, 1000)]
    private static partial Regex Parameters();
}
