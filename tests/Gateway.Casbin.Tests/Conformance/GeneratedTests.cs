using System.Globalization;

namespace Gateway.Casbin.Tests.Conformance;

/// <summary>Generated matchers and role graphs, the same in every run, decided by the package and here.</summary>
[Collection(nameof(Oracle))]
public sealed class GeneratedTests(Oracle oracle, ITestOutputHelper output)
{
    /// <summary>Empty text is left out: beside a number JavaScript reads it as 0, and here it is no number.</summary>
    private static readonly object[] Values = ["x", "y", "3", "10", 3, 10, 0.5, -1];

    [Fact]
    public async Task Expressions_mean_what_they_mean_in_the_package()
    {
        var random = new Random(20_240_501);
        var expressions = Enumerable.Range(0, 1_500).Select(_ => Condition(random, 3)).Distinct(StringComparer.Ordinal).ToList();
        var requests = Values.SelectMany(a => Values.Select(b => new[] { a, b })).ToList();
        var answers = await oracle.AskAsync(expressions.Select(expression => new { model = Conf(expression), policy = "", requests }));
        var differences = new List<string>();
        var allowed = 0;
        foreach (var (expression, answer) in expressions.Zip(answers))
        {
            var enforcer = Some.Enforcer(DefaultModel.CreateFromText(Conf(expression)), "");
            foreach (var (request, theirs) in requests.Zip(answer.EnumerateArray()))
            {
                var actual = enforcer.Enforce(request);

                // One example of each expression is enough to read.
                if (differences.Count > 0 && differences[^1].StartsWith(expression, StringComparison.Ordinal))
                    break;
                allowed += actual ? 1 : 0;
                if (!theirs.TryGetProperty("allowed", out var expected) || actual != expected.GetBoolean())
                    differences.Add($"{expression} with {request[0]}, {request[1]}: package {theirs}, here {actual}");
            }
        }

        Report(expressions.Count * requests.Count, allowed, differences);
    }

    [Fact]
    public async Task Role_graphs_answer_as_in_the_package()
    {
        var random = new Random(7);
        var graphs = Enumerable.Range(0, 150).Select(number => Graph(random, number)).ToList();
        var answers = await oracle.AskAsync(graphs.Select(graph => new { model = RoleConf, policy = graph.Policy, requests = graph.Requests }));
        var differences = new List<string>();
        var allowed = 0;
        var compared = 0;
        foreach (var (graph, answer) in graphs.Zip(answers))
        {
            var enforcer = Some.Enforcer(DefaultModel.CreateFromText(RoleConf), graph.Policy);
            foreach (var (request, theirs) in graph.Requests.Zip(answer.EnumerateArray()))
            {
                compared++;
                var actual = enforcer.Enforce(request);
                allowed += actual ? 1 : 0;
                if (actual != theirs.GetProperty("allowed").GetBoolean())
                    differences.Add($"({string.Join(", ", request)}) in\n{graph.Policy}\npackage {theirs}, here {actual}");
            }
        }

        Report(compared, allowed, differences);
    }

    private static string RoleConf => Some.Conf(
        "g(r.sub, p.sub, r.dom) && g2(r.obj, p.obj) && r.dom == p.dom", policy: "sub, dom, obj", request: "sub, dom, obj", roles: "g = _, _, _\ng2 = _, _");

    private static string Conf(string expression) => Some.Conf(expression, request: "a, b");

    /// <summary>Without `in`, for which the package rewrites brackets textually and often wrongly.</summary>
    private static string Condition(Random random, int depth) => random.Next(depth == 0 ? 3 : 8) switch
    {
        0 => $"{Value(random, 1)} {Pick(random, "==", "!=")} {Value(random, 1)}",
        1 => $"{Value(random, 1)} {Pick(random, "<", "<=", ">", ">=")} {Value(random, 1)}",
        2 => $"keyMatch(r.{Pick(random, "a", "b")}, '{Pick(random, "x", "1*", "*", "3")}')",
        3 => $"!({Condition(random, depth - 1)})",
        4 => $"({Condition(random, depth - 1)})",
        5 => $"{Condition(random, depth - 1)} && {Condition(random, depth - 1)} || {Condition(random, depth - 1)}",
        6 => $"{Condition(random, depth - 1)} || {Condition(random, depth - 1)} && {Condition(random, depth - 1)}",
        _ => $"{Condition(random, depth - 1)} {Pick(random, "&&", "||")} {Condition(random, depth - 1)}",
    };

    private static string Value(Random random, int depth) => random.Next(depth == 0 ? 4 : 6) switch
    {
        0 => "r.a",
        1 => "r.b",
        2 => Pick(random, "'x'", "\"y\"", "'3'", "'10'"),
        3 => random.Next(12).ToString(CultureInfo.InvariantCulture),
        4 => $"{Value(random, depth - 1)} {Pick(random, "+", "-", "*", "/", "%")} {Value(random, depth - 1)} {Pick(random, "-", "*")} {random.Next(1, 4)}",
        _ => $"({Value(random, depth - 1)} {Pick(random, "+", "-")} {Value(random, depth - 1)})",
    };

    /// <summary>Links among a few names, so that circles, diamonds and chains around the limit of ten come up.</summary>
    private static (string Policy, List<object[]> Requests) Graph(Random random, int number)
    {
        var lines = new List<string>();
        var names = random.Next(3, 15);
        for (var i = 0; i < names; i++)
            lines.Add(number % 2 == 0 ? $"g, n{i}, n{i + 1}, d{number % 3}" : $"g, n{random.Next(names)}, n{random.Next(names)}, d{random.Next(3)}");
        for (var i = 0; i < names / 2; i++)
            lines.Add($"g2, o{random.Next(names)}, o{random.Next(names)}");
        for (var i = 0; i < 3; i++)
            lines.Add($"p, n{random.Next(names)}, d{random.Next(3)}, o{random.Next(names)}");
        lines.Add($"p, n{names}, d{number % 3}, o0");
        var requests = new List<object[]>();
        for (var sub = 0; sub <= names + 1; sub++)
        {
            for (var dom = 0; dom < 4; dom++)
            {
                for (var obj = 0; obj < Math.Min(names, 5); obj++)
                    requests.Add([$"n{sub}", $"d{dom}", $"o{obj}"]);
            }
        }

        return (string.Join('\n', lines), requests);
    }

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];

    private void Report(int compared, int allowed, List<string> differences)
    {
        output.WriteLine($"{compared} decisions compared, {allowed} of them allowed");
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join('\n', differences.Take(25))}");
        Assert.InRange(compared, 20_000, 200_000);
        Assert.InRange(allowed, compared / 40, compared * 39 / 40);
    }
}
