using System.Text;
using System.Text.Json;
using Gateway.Actions;
using Gateway.Casbin;
using Gateway.Identity;
using Gateway.Policies;
using Gateway.Policy;
using PolicySet = Gateway.Policy.PolicySet;

namespace Gateway.Benchmarks;

/// <summary>A decision by few rules and by many, loaded as a policy's files are.</summary>
internal static class PolicyGrowth
{
    private const int Operations = 8_192;
    private const string Action = "os_compute_api:os-create-backup";

    // Texts of different shapes, with constants of their own.
    private static readonly string[] Fillers = ["role:r{0}", "role:admin or project_id:%(project_id)s", "role:r{0} and project_id:%(project_id)s", "rule:admin_or_owner", "not role:r{0}"];

    private static readonly GuardingRule Guard =
        ApiCatalogue.LoadEmbedded().Match("POST", "/v2.1/servers/11111111-2222-3333-4444-555555555555/action")!.Operation.Actions["createBackup"].Rules[0];

    public static async Task PrintAsync()
    {
        var sets = GrowthCurve.Sizes.Select(size => (Size: size, Rules: Load(size))).ToArray();
        await GrowthCurve.PrintAsync("decide createBackup, a member on his own server, by so many rules", Operations, [.. sets.Select(set => Backup(set.Size, set.Rules))]);
        await GrowthCurve.PrintAsync("… by any of them", Operations, [.. sets.Select(set => Any(set.Size, set.Rules))]);
        var enforcers = GrowthCurve.Sizes.Select(size => (Size: size, Rows: Rows(size))).ToArray();
        await GrowthCurve.PrintAsync("decide by so many Casbin rows, `r.act == p.act`, always the same", Operations, [.. enforcers.Select(one => Row(one.Size, one.Rows, Drawn.Same))]);
        await GrowthCurve.PrintAsync("… by any of them", Operations, [.. enforcers.Select(one => Row(one.Size, one.Rows, Drawn.Any))]);
    }

    /// <summary>What the pipeline does: the rule's name in this set, whether the server must be known, the decision.</summary>
    private static GrowthProbe Backup(int size, PolicySet rules)
    {
        var caller = new SubjectCredentials().Of(new Subject { UserId = "user-1", ProjectId = "project-1", Roles = ["member", "reader"] });
        var target = new TargetAttributes(new Dictionary<string, object?>(StringComparer.Ordinal) { ["project_id"] = "project-1", ["user_id"] = "user-1" });
        return GrowthProbe.Of(size, () =>
        {
            for (var i = 0; i < Operations; i++)
            {
                var rule = Guard.NameIn(rules.RuleNames);
                if (rules.Foresee(rule, caller) != Foresight.DependsOnTarget) throw new InvalidOperationException("the decision does not depend on the server");
                var question = new PolicyQuestion(rules, caller) { Target = target };
                question.Ask(rule);
                if (question.Decision is not { Allowed: true, Action: Action }) throw new InvalidOperationException("the call is not allowed");
            }
        });
    }

    private static GrowthProbe Any(int size, PolicySet rules)
    {
        var caller = new SubjectCredentials().Of(new Subject { UserId = "user-1", ProjectId = "project-1", Roles = ["member", "reader"] });
        var target = new TargetAttributes(new Dictionary<string, object?>(StringComparer.Ordinal) { ["project_id"] = "project-1", ["user_id"] = "user-1" });
        return GrowthProbe.Of(size, Operations, Drawn.Any, i => Name(i % (size - 3)), rule => rules.Decide(rule, caller, target).Reason is "allowed" or "denied");
    }

    private static Enforcer Rows(int size) =>
        new(DefaultModel.CreateFromText(RowBenchmarks.Model), new TextAdapter(string.Join('\n', Enumerable.Range(0, size).Select(row => $"p, member, {Name(row)}"))));

    private static GrowthProbe Row(int size, Enforcer enforcer, Drawn drawn) => GrowthProbe.Of(size, Operations, drawn, Name, action => enforcer.Enforce("member", action));

    private static PolicySet Load(int size)
    {
        var names = Enumerable.Range(0, size - 3).Select(Name).ToArray();
        var text = new StringBuilder("""{"context_is_admin": "role:admin", "admin_or_owner": "role:admin or project_id:%(project_id)s", """).Append($"\"{Action}\": \"rule:admin_or_owner\"");
        for (var i = 0; i < names.Length; i++)
            text.Append(",\n").Append($"\"{names[i]}\": {JsonSerializer.Serialize(string.Format(null, Fillers[i % Fillers.Length], i % 997))}");
        text.Append('}');
        // What the gateway knows of a vendor's catalogue; without it each of them would be looked for among the others, as a name that was mistyped.
        var rules = Loaded.From(new PolicyOptions { Defaults = "none", Texts = [new RuleSource("rules.json", Encoding.UTF8.GetBytes(text.ToString()))], FurtherActions = [Action, "context_is_admin", .. names] });
        return rules.RuleNames.Count == size ? rules : throw new InvalidOperationException($"{rules.RuleNames.Count} rules are in force, not {size}");
    }

    private static string Name(int i) => $"acme:things-{i}:show";
}
