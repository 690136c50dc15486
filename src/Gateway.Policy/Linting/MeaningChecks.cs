using Gateway.Policy.Analysis;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;

namespace Gateway.Policy.Linting;

/// <summary>Looks at what rules mean, exactly: whom they allow, beside the release's defaults and beside each other.</summary>
internal sealed class MeaningChecks
{
    private readonly LintedPolicy _policy;
    private readonly FindingSink _sink;
    private readonly PolicySet _set;
    private readonly PolicySet _defaults;
    private readonly HashSet<string> _actions;

    public MeaningChecks(LintedPolicy policy, FindingSink sink)
    {
        _policy = policy;
        _sink = sink;
        _set = new PolicySet(policy.Table, policy.Options, "");
        _defaults = new PolicySet(policy.Resolve([]), policy.Options, "");
        _actions = [.. PolicyActions.Of(_set)];
    }

    public void Run()
    {
        Shadowed();
        // Of a policy with a broken rule nothing can be said that its correction would not change.
        var broken = BrokenNames();
        foreach (var rule in _policy.Effective.Values.Where(rule => !broken.Contains(rule.Name)))
        {
            try
            {
                Meaning(rule);
                Operands(rule, rule.Check);
                // What a misspelling allows, no token can ask for.
                if (!rule.IsDoubtful) BesideDefault(rule);
            }
            catch (PolicyAnalysisException fault)
            {
                _sink.Add(rule.Rule.Origin, -1, rule.Rule, LintRules.MalformedRule, $"rule `{rule.Name}`: {fault.Message}");
            }
        }
        if (broken.Count == 0) BesideDefaultThroughHelpers();
    }

    /// <summary>The rules that are broken or refer to one that is.</summary>
    private HashSet<string> BrokenNames()
    {
        var broken = _policy.Rules.Where(rule => rule.IsBroken).Select(rule => rule.Name).ToHashSet(StringComparer.Ordinal);
        for (var before = -1; before != broken.Count;)
        {
            before = broken.Count;
            foreach (var rule in _policy.Table.Rules.Values.Where(rule => !broken.Contains(rule.Name)))
            {
                var references = new HashSet<string>(StringComparer.Ordinal);
                PolicyActions.References(rule.Check, references);
                if (references.Overlaps(broken)) broken.Add(rule.Name);
            }
        }
        return broken;
    }

    private void Report(LintedRule rule, int offset, string code, string message) =>
        _sink.Add(rule.Rule.Origin, offset, rule.Rule, code, $"rule `{rule.Name}`: {message}");

    private void Shadowed()
    {
        foreach (var rule in _policy.Rules)
        {
            var winner = _policy.Effective[rule.Name];
            if (ReferenceEquals(rule, winner)) continue;
            var same = !rule.IsBroken && !winner.IsBroken && Allowed(rule.Check, winner.Check) is [var one, var other] && one == other;
            var place = $"{winner.Rule.Origin.File}:{winner.Rule.Origin.Line}";
            Report(rule, -1, LintRules.ShadowedOverride, $"{place} overrides it {(same ? "with the same meaning" : $"with `{winner.Check}`")}; keep one of them");
        }
    }

    private int[] Allowed(params Check[] checks) => RuleMeaning.Of(_set, checks).Allowed;

    private void Meaning(LintedRule rule)
    {
        var allowed = Allowed(rule.Check)[0];
        if (allowed == DecisionDiagram.True && IsPlain(rule.Check, wanted: true))
        {
            if (_actions.Contains(rule.Name)) Report(rule, -1, LintRules.EveryCaller, $"`{rule.Check}` allows every authenticated caller; name a role or an owner");
        }
        else if (allowed == DecisionDiagram.True)
        {
            Report(rule, -1, LintRules.AlwaysTrue, $"`{rule.Check}` holds for every caller and every target; write `@` if that is meant");
        }
        else if (allowed == DecisionDiagram.False && !IsPlain(rule.Check, wanted: false))
        {
            Report(rule, -1, LintRules.AlwaysFalse, $"`{rule.Check}` holds for no caller and no target; write `!` if that is meant");
        }
    }

    /// <summary>Whether a rule says plainly that it is for everyone or no one, itself or through a reference.</summary>
    private bool IsPlain(Check check, bool wanted)
    {
        for (var hops = 0; hops < RuleParser.MaxDepth; hops++)
        {
            if (check is ConstantCheck constant) return constant.Value == wanted;
            if (check is not AtomCheck { Type: AtomKind.Rule } atom || _policy.Table.Find(atom.Match) is not { } next) return false;
            check = next.Check;
        }
        return false;
    }

    private void Operands(LintedRule rule, Check check)
    {
        foreach (var child in check.Children) Operands(rule, child);
        if (check is not JunctionCheck { Children.Count: > 1 } junction) return;
        var (universe, allowed) = RuleMeaning.Of(_set, junction.Children);
        var diagram = universe.Diagram;
        var kept = Enumerable.Range(0, allowed.Length).ToList();
        var whole = Join(kept);
        // A junction that is constant as a whole has a finding of its own.
        if (whole is DecisionDiagram.True or DecisionDiagram.False) return;
        for (var i = allowed.Length - 1; i >= 0; i--)
        {
            var rest = Join(kept.Where(at => at != i));
            if (rest != whole) continue;
            kept.Remove(i);
            var operand = junction.Children[i];
            if (junction.IsAll) Report(rule, operand.Offset, LintRules.RedundantCondition, $"`{operand}` always holds when the rest of `{junction}` does; remove it");
            else if (allowed[i] == DecisionDiagram.False) Report(rule, operand.Offset, LintRules.UnreachableAlternative, $"`{operand}` never holds, so it adds nothing to `{junction}`; correct it or remove it");
            else Report(rule, operand.Offset, LintRules.UnreachableAlternative, $"`{operand}` holds only when another alternative of `{junction}` does; remove it");
        }

        int Join(IEnumerable<int> operands) => operands.Aggregate(
            junction.IsAll ? DecisionDiagram.True : DecisionDiagram.False,
            (joined, at) => junction.IsAll ? diagram.AndThen(joined, allowed[at]) : diagram.OrElse(joined, allowed[at]));
    }

    private void BesideDefault(LintedRule rule)
    {
        if (_defaults.Table.Find(rule.Name) is not { } standard || standard.Name != rule.Name) return;
        var table = _policy.Resolve(_policy.Effective.Values.Where(other => other.Name != rule.Name));
        // One question needs only the rules it comes to.
        var without = new PolicySet(new RuleTable(PolicyActions.Reached(table, rule.Name), _policy.Options.DefaultRule), _policy.Options, "");
        var own = PolicyDiff.Compare(without, _set, rule.Name);
        if (own.Kind == PolicyChangeKind.Same)
        {
            Report(rule, -1, LintRules.RedundantOverride, $"means the same as the default of `{_policy.Options.Defaults}`, `{own.Before}`; remove it");
            return;
        }
        if (!_actions.Contains(rule.Name)) return;
        var change = PolicyDiff.Compare(_defaults, _set, rule.Name);
        if (change.Widening is { } witness) Report(rule, -1, LintRules.LooserThanDefault, $"allows {witness}, which the default `{change.Before}` denies{When(change)}; tighten it, or suppress this with the reason");
    }

    private static string When(PolicyChange change) => change.WidenedWhen.Count == 0 ? "" : $" (newly allowed: {string.Join("; or ", change.WidenedWhen.Take(3))})";

    // An override of a rule that others refer to loosens those.
    private void BesideDefaultThroughHelpers()
    {
        var helpers = _policy.Effective.Values.Where(rule => !rule.IsDoubtful && !_actions.Contains(rule.Name) && _defaults.Table.Rules.ContainsKey(rule.Name)).ToList();
        if (helpers.Count == 0) return;
        var widened = _actions.Where(action => !_policy.Effective.ContainsKey(action))
            .Select(action => PolicyDiff.Compare(_defaults, _set, action))
            .Where(change => change.Widening is not null)
            .ToList();
        foreach (var helper in helpers)
        {
            var mine = widened.Where(change => PolicyActions.Reached(_set.Table, change.Action).Any(reached => reached.Name == helper.Name)).ToList();
            if (mine.Count == 0) continue;
            Report(helper, -1, LintRules.LooserThanDefault,
                $"loosens {mine.Count} {(mine.Count == 1 ? "action" : "actions")} of `{_policy.Options.Defaults}`, `{mine[0].Action}` among them, which now allows {mine[0].Widening}; tighten it, or suppress this with the reason");
        }
    }
}
