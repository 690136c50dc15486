using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;
using Gateway.Policy.Python;

namespace Gateway.Policy.Files;

/// <summary>
/// What can be seen of a file's rules without a caller: everything the original would read silently into something else, or find out only at a request.
/// Under the strict semantics each is an error, under oslo's a warning.
/// </summary>
internal sealed class LoadChecks
{
    private readonly RuleTable _table;
    private readonly Severity _severity;
    private readonly List<PolicyFinding> _findings = [];

    private LoadChecks(RuleTable table, Severity severity)
    {
        _table = table;
        _severity = severity;
    }

    public static IReadOnlyList<PolicyFinding> Run(
        RuleTable table,
        IReadOnlyList<FileRule> fileRules,
        IReadOnlyDictionary<string, ReadRule> fromFiles,
        IReadOnlyList<RegisteredDefault> defaults,
        PolicyOptions options)
    {
        var checks = new LoadChecks(table, options.Semantics == Semantics.Strict ? Severity.Error : Severity.Warning);
        foreach (var rule in fromFiles.Values) checks.Rule(rule);
        if (defaults.Count > 0) checks.Names(fileRules, defaults, options);
        checks.Cycles(fromFiles);
        return checks._findings;
    }

    private void Report(RuleOrigin origin, int offset, string code, string message) =>
        _findings.Add(PolicyLoader.Finding(origin, code, _severity, message, offset));

    private void Rule(ReadRule rule)
    {
        if (rule.Check is StrayTokenCheck stray)
        {
            Report(rule.Origin, -1, "malformed-rule", $"rule `{rule.Name}`: `{stray.Text}` alone is no check; write `\"!\"` for nobody or `\"@\"` for everyone");
            return;
        }
        Walk(rule, rule.Check);
    }

    private void Walk(ReadRule rule, Check check)
    {
        switch (check)
        {
            case ConstantCheck constant:
                Constant(rule, constant);
                break;
            case AtomCheck { Type: AtomKind.Rule } atom when _table.Find(atom.Match) is null:
                Report(rule.Origin, atom.Offset, "undefined-rule",
                    $"rule `{rule.Name}`: `{atom}` refers to a rule that does not exist{Suggestion.For(atom.Match, _table.Rules.Keys)}");
                break;
            case AtomCheck { Type: not AtomKind.Rule } atom:
                Atom(rule, atom);
                break;
        }
        foreach (var child in check.Children) Walk(rule, child);
    }

    private void Constant(ReadRule rule, ConstantCheck constant)
    {
        switch (constant.Origin)
        {
            case ConstantOrigin.Empty when constant.Text.Length == 0:
                Report(rule.Origin, -1, "empty-rule", $"rule `{rule.Name}` is an empty text, which allows everyone; write `\"@\"` if that is meant, `\"!\"` for nobody");
                break;
            case ConstantOrigin.Empty:
                Report(rule.Origin, -1, "empty-rule",
                    $"rule `{rule.Name}` is `{constant.Text}`, which allows everyone (an unquoted `!`, `no`, `off`, `null` or nothing reads like that); write `\"!\"` in quotes for nobody, `\"@\"` for everyone");
                break;
            case ConstantOrigin.NothingLeft:
                Report(rule.Origin, -1, "empty-rule", $"rule `{rule.Name}` is a list of nothing, which allows nobody; write `\"!\"`");
                break;
            case ConstantOrigin.Malformed:
                Report(rule.Origin, constant.Offset, "malformed-rule", $"rule `{rule.Name}`: {constant.Fault}, so the original reads it as false; correct it or remove it");
                break;
        }
    }

    private void Atom(ReadRule rule, AtomCheck atom)
    {
        if (atom.Plan is AttributePlan { Kind.Fault: not Outcome.True } plan)
        {
            Report(rule.Origin, atom.Offset, "unreadable-atom",
                $"rule `{rule.Name}`: `{atom.Kind}` in `{atom}` is neither an attribute's path nor a literal, and every evaluation fails with {plan.Kind.Fault.ErrorName()}; correct the left side");
        }
        if (atom.Plan.Template is { Constant: null, Key: null } template)
        {
            var outcome = PythonFormat.Format(template.Text, AnyKey.Instance, out _, out _);
            if (outcome.IsError())
            {
                Report(rule.Origin, atom.Offset, "bad-format",
                    $"rule `{rule.Name}`: `{atom}` cannot be filled in from a target ({outcome.ErrorName()}); write `%(name)s` for an attribute and `%%` for a percent sign");
            }
        }
    }

    private void Names(IReadOnlyList<FileRule> fileRules, IReadOnlyList<RegisteredDefault> defaults, PolicyOptions options)
    {
        var known = new HashSet<string>(options.FurtherActions, StringComparer.Ordinal) { options.DefaultRule };
        foreach (var registered in defaults)
        {
            known.Add(registered.Name);
            if (registered.Deprecated is { } former) known.Add(former.Name);
        }
        foreach (var rule in _table.Rules.Values) References(rule.Check, known);
        foreach (var rule in fileRules.Where(rule => !known.Contains(rule.Name)))
        {
            Report(rule.NameOrigin, -1, "unknown-rule",
                $"rule `{rule.Name}` guards nothing in `{options.Defaults}` and no other rule refers to it{Suggestion.For(rule.Name, known)}");
        }
    }

    private static void References(Check check, HashSet<string> found)
    {
        if (check is AtomCheck { Type: AtomKind.Rule } atom) found.Add(atom.Match);
        foreach (var child in check.Children) References(child, found);
    }

    // Also below `not`, where the original does not look.
    private void Cycles(IReadOnlyDictionary<string, ReadRule> fromFiles)
    {
        var state = new Dictionary<string, bool>(StringComparer.Ordinal);
        var path = new List<string>();
        foreach (var rule in _table.Rules.Values) Visit(rule, state, path, fromFiles);
    }

    private void Visit(EffectiveRule rule, Dictionary<string, bool> state, List<string> path, IReadOnlyDictionary<string, ReadRule> fromFiles)
    {
        if (state.TryGetValue(rule.Name, out var isDone))
        {
            if (isDone) return;
            var circle = path[path.IndexOf(rule.Name)..];
            // The circle is reported where a file can be corrected; the last such rule is as good as any.
            var at = circle.LastOrDefault(fromFiles.ContainsKey);
            if (at is not null)
            {
                Report(fromFiles[at].Origin, -1, "rule-cycle", $"rule `{at}` refers to itself: {string.Join(" → ", circle.Append(rule.Name).Select(name => $"`{name}`"))}; break the circle");
            }
            return;
        }
        if (path.Count > RuleParser.MaxDepth) return;
        state[rule.Name] = false;
        path.Add(rule.Name);
        foreach (var name in References(rule.Check))
        {
            if (_table.Find(name) is { } next) Visit(next, state, path, fromFiles);
        }
        path.RemoveAt(path.Count - 1);
        state[rule.Name] = true;
    }

    private static HashSet<string> References(Check check)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        References(check, found);
        return found;
    }
}
