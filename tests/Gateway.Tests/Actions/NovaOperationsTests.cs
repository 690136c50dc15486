using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.Tests.Actions;

public sealed partial class NovaOperationsTests
{
    public static TheoryData<string, string, string, string> Rows()
    {
        var rows = new TheoryData<string, string, string, string>();
        foreach (var line in NovaOperations.Table.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', 4);
            rows.Add(words[0], words[1], words[2], words[3]);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Guards_the_operation_with_the_rule_that_Nova_names(string method, string path, string action, string rules)
    {
        var sample = Parameter().Replace(path, match => match.Value == "{server_id}" ? Requests.ServerId : "x");
        var operation = Requests.Match(method, $"/v2.1{sample}").Operation;

        var (guards, conditions) = action == "-"
            ? (operation.Rules, operation.ConditionalRules)
            : (operation.Actions[action].Rules, operation.Actions[action].ConditionalRules);
        var names = guards.Concat(conditions.Select(condition => condition.Rule)).SelectMany(rule => rule.Formerly.Prepend(rule.Name));

        Assert.Contains(names, name => rules.Split(' ').Contains(name));
        Assert.Equal(path, Requests.Match(method, $"/v2.1{sample}").Operation.Path, new SameButForNames());
    }

    [Fact]
    public void Asks_for_no_rule_that_Nova_does_not_know()
    {
        var known = NovaOperations.Table.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        var unknown =
            from operation in Requests.Catalogue.Operations
            from rule in operation.Rules
                .Concat(operation.ConditionalRules.Select(condition => condition.Rule))
                .Concat(operation.Actions.Values.SelectMany(action => action.Rules.Concat(action.ConditionalRules.Select(condition => condition.Rule))))
            where !known.Contains(rule.Name)
            select rule.Name;

        Assert.Empty(unknown);
    }

    [GeneratedRegex(@"\{[a-z_]+\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();

    // One parameter may be called otherwise here than in another of Nova's documents.
    private sealed class SameButForNames : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => Parameter().Replace(x!, "{}") == Parameter().Replace(y!, "{}");

        public int GetHashCode(string obj) => Parameter().Replace(obj, "{}").GetHashCode(StringComparison.Ordinal);
    }
}
