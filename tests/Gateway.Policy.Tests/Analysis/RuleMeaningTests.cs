using CsCheck;
using Gateway.Policy.Analysis;

namespace Gateway.Policy.Tests.Analysis;

/// <summary>Holds the diagrams to the engine: for random rules, every point of the universe is decided alike.</summary>
public sealed class RuleMeaningTests
{
    private static readonly string[] Atoms =
    [
        "@", "!", "role:a", "role:B", "roles:B", "role:%(name)s", "user_id:u", "user_id:%(user_id)s", "project_id:%(project_id)s", "project_id:%(tenant)s",
        "'u':%(user_id)s", "None:%(user_id)s", "project_id:None", "system_scope:all", "domain_id:%(domain_id)s", "is_admin:True", "is_admin:False", "rule:helper",
        "rule:circle", "rule:flagged", "1a:x", "token.id:u", "user_id:x-%(user_id)s", "service_roles:s", "user_id:%(user_id)d",
    ];

    private static readonly Gen<string> Atom = Gen.Int[0, Atoms.Length - 1].Select(at => Atoms[at]);

    private static readonly Gen<string> Rule = Gen.Recursive<string>((depth, deeper) => depth > 3
        ? Atom
        : Gen.Frequency(
            (3, Atom),
            (1, deeper.Select(inner => $"not ( {inner} )")),
            (2, Gen.Select(deeper, deeper, (left, right) => $"( {left} and {right} )")),
            (2, Gen.Select(deeper, deeper, (left, right) => $"( {left} or {right} )"))));

    [Theory]
    [InlineData(Semantics.Strict)]
    [InlineData(Semantics.Oslo)]
    public void Decides_every_case_as_the_engine_does(Semantics semantics)
    {
        Gen.Select(Rule, Rule, Gen.Int[0, 1_000_000]).Sample((action, helper, seed) =>
        {
            var set = Load(action, helper, semantics);
            var meaning = RuleMeaning.Of(set, "a");
            var random = new Random(seed);
            for (var i = 0; i < 60; i++)
            {
                var point = meaning.Universe.Variables.Select(variable => random.Next(variable.Values.Count)).ToArray();
                var caller = meaning.Universe.Caller(point);
                var target = meaning.Universe.TargetOf(point);
                var decision = set.Decide("a", new Credentials(caller), new TargetAttributes(target));
                if (decision.Allowed != (meaning.Universe.Diagram.Evaluate(meaning.Allowed, point) == DecisionDiagram.True)) return false;
            }
            return true;
        }, iter: 300, print: triple => $"{triple.Item1}  helper: {triple.Item2}");
    }

    /// <summary>The universe has to be rich enough: where the analysis sees no difference, callers with values it never thought of see none either.</summary>
    [Theory]
    [InlineData(Semantics.Strict)]
    [InlineData(Semantics.Oslo)]
    public void No_caller_tells_apart_what_the_analysis_calls_the_same(Semantics semantics)
    {
        string?[] values = [null, "u", "p", "q", "None", "all", "x-u", "s", "True", ""];
        string[] attributes = ["user_id", "project_id", "system_scope", "domain_id"];
        string[] keys = ["user_id", "project_id", "tenant", "domain_id", "name"];
        string[] roles = ["a", "A", "b", "B", "u", "c", "h", "None", "p"];
        Gen.Select(Rule, Rule, Gen.Int[0, 1_000_000]).Sample((one, other, seed) =>
        {
            var (before, after) = (Load(one, "role:h", semantics), Load(other, "role:h", semantics));
            var kind = PolicyDiff.Compare(before, after, "a").Kind;
            var random = new Random(seed);
            for (var i = 0; i < 40; i++)
            {
                var caller = attributes.Where(_ => random.Next(3) > 0).ToDictionary(name => name, _ => (object?)values[random.Next(values.Length)]);
                caller["roles"] = roles.Where(_ => random.Next(3) == 0).ToArray();
                if (random.Next(2) == 0) caller["token"] = new Dictionary<string, object?> { ["id"] = values[random.Next(values.Length)] };
                if (random.Next(2) == 0) caller["service_roles"] = new[] { values[random.Next(values.Length)] };
                var target = new TargetAttributes(keys.Where(_ => random.Next(4) > 0).ToDictionary(name => name, _ => (object?)values[random.Next(values.Length)]));
                var (was, now) = (before.Decide("a", new Credentials(caller), target).Allowed, after.Decide("a", new Credentials(caller), target).Allowed);
                if (was && !now && kind is not (PolicyChangeKind.Narrowed or PolicyChangeKind.Both)) return false;
                if (!was && now && kind is not (PolicyChangeKind.Widened or PolicyChangeKind.Both)) return false;
            }
            return true;
        }, iter: 300, print: triple => $"{triple.Item1}  and  {triple.Item2}");
    }

    [Fact]
    public void No_role_of_a_witness_can_be_left_out()
    {
        Gen.Select(Rule, Rule).Sample((one, other) =>
        {
            var (before, after) = (Load(one, "role:h", Semantics.Strict), Load(other, "role:h", Semantics.Strict));
            if (PolicyDiff.Compare(before, after, "a").Widening is not { RemoteAnswers.Count: 0 } witness) return true;
            var roles = ((IEnumerable<string>)witness.Credentials["roles"]!).ToList();
            return roles.TrueForAll(role =>
            {
                var caller = new Credentials(new Dictionary<string, object?>(witness.Credentials) { ["roles"] = roles.Where(kept => kept != role).ToArray() });
                var target = new TargetAttributes(witness.Target);
                return before.Decide("a", caller, target).Allowed || !after.Decide("a", caller, target).Allowed;
            });
        }, iter: 200, print: pair => $"{pair.Item1}  and  {pair.Item2}");
    }

    // Rules the loader would refuse as well: the analysis must know what the engine makes of them.
    private static PolicySet Load(string action, string helper, Semantics semantics)
    {
        var parser = Language.RuleParser.Nova;
        var origin = new Evaluation.RuleOrigin("test", 1, 1, false);
        Evaluation.EffectiveRule[] rules =
        [
            new("context_is_admin", parser.ParseText("role:a or user_id:u and project_id:%(project_id)s"), [], origin),
            new("helper", parser.ParseText(helper.Replace("rule:helper", "role:h", StringComparison.Ordinal)), [], origin),
            new("circle", parser.ParseText("role:c or rule:circle"), [], origin),
            new("flagged", parser.ParseText("is_admin:True and system_scope:all"), [], origin),
            new("a", parser.ParseText(action), ["project", "domain"], origin),
        ];
        return new PolicySet(new Evaluation.RuleTable(rules, "default"), new PolicyOptions { Semantics = semantics, Defaults = "none" }, "sha256:test");
    }
}
