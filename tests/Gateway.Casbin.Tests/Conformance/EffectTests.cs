namespace Gateway.Casbin.Tests.Conformance;

/// <summary>Every order of one to three rows that allow, deny, say something else, say nothing, or do not match, under each effect the package knows.</summary>
[Collection(nameof(Oracle))]
public sealed class EffectTests(Oracle oracle, ITestOutputHelper output)
{
    private static readonly string[] Effects =
    [
        "some(where (p.eft == allow))", "!some(where (p.eft == deny))", "some(where (p.eft == allow)) && !some(where (p.eft == deny))",
        "priority(p.eft) || deny", "subjectPriority(p.eft) || deny",
    ];

    /// <summary>What stands in `eft`; `skip` is a row for another subject.</summary>
    private static readonly string[] Kinds = ["allow", "deny", "other", "", "skip"];

    /// <summary>Priorities by row; compared as text, 9 would come after 10.</summary>
    private static readonly string[][] Priorities = [["10", "9", "10"], ["1", "1", "1"], ["2", "-1", "30"], ["3", "2", "1"]];

    [Fact]
    public async Task Combines_effects_as_the_package_does()
    {
        var cases = Effects.SelectMany(effect => Orders().Select(kinds => Case(effect, kinds, priorities: null)))
            .Concat(Priorities.SelectMany(priorities => Orders().Select(kinds => Case("priority(p.eft) || deny", kinds, priorities))))
            .ToList();
        var answers = await oracle.AskAsync(cases.Select(item => new { model = item.Model, policy = item.Policy, requests = new[] { item.Request } }));
        var differences = new List<string>();
        foreach (var (item, answer) in cases.Zip(answers))
        {
            var theirs = answer[0];
            var (allowed, explanation) = Some.Enforcer(DefaultModel.CreateFromText(item.Model), item.Policy).EnforceEx(item.Request);
            var explained = string.Join('|', explanation.SelectMany(row => row.Values));
            var expected = string.Join('|', theirs.GetProperty("explain").EnumerateArray().Select(field => field.GetString()));
            if (allowed != theirs.GetProperty("allowed").GetBoolean() || explained != expected)
                differences.Add($"{item.Model}\n{item.Policy}\npackage {theirs}, here {allowed} [{explained}]");
        }

        output.WriteLine($"{cases.Count} decisions compared");
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join("\n\n", differences.Take(10))}");
        Assert.Equal((5 + 4) * (5 + 25 + 125), cases.Count);
    }

    private static (string Model, string Policy, object[] Request) Case(string effect, string[] kinds, string[]? priorities)
    {
        var subject = effect.StartsWith("subject", StringComparison.Ordinal);
        var fields = (priorities is null ? "" : "priority, ") + "sub, obj, eft";
        var model = Some.Conf("r.sub == p.sub || (g(r.sub, p.sub) && r.obj == 'any')", effect, fields, "sub, obj", "g = _, _");
        var rows = kinds.Select((kind, i) =>
            $"p, {(priorities is null ? "" : priorities[i] + ", ")}{(kind == "skip" ? "bob" : subject && i % 2 == 1 ? "admin" : "alice")}, id{i}, {(kind == "skip" ? "deny" : kind)}");
        return (model, string.Join('\n', rows.Append("g, alice, admin")), ["alice", subject ? "any" : "data"]);
    }

    private static IEnumerable<string[]> Orders()
    {
        foreach (var a in Kinds)
        {
            yield return [a];
            foreach (var b in Kinds)
            {
                yield return [a, b];
                foreach (var c in Kinds)
                    yield return [a, b, c];
            }
        }
    }
}
