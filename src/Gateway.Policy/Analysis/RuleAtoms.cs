using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;

namespace Gateway.Policy.Analysis;

/// <summary>An atom a decision can come to.</summary>
/// <param name="IsOwn">Whether it is answered with the caller's own project and user as the target, as below <c>context_is_admin</c> when it computes <c>is_admin</c>.</param>
internal readonly record struct ReachedAtom(AtomCheck Atom, bool IsOwn);

/// <summary>Collects the atoms an action's rule comes to, references and the computed <c>is_admin</c> followed.</summary>
internal sealed partial class RuleAtoms
{
    public const string AdminRule = "context_is_admin";

    private readonly RuleTable _table;
    private readonly bool _novaAdminFlag;
    private readonly Dictionary<(string, string, bool), ReachedAtom> _atoms = [];
    private readonly HashSet<(string, bool)> _seen = [];

    private RuleAtoms(PolicySet set)
    {
        _table = set.Table;
        _novaAdminFlag = set.Options.NovaAdminFlag;
    }

    /// <summary>The atoms of the rule that answers for an action, each once, in the order in which they are met.</summary>
    public static IReadOnlyCollection<ReachedAtom> Of(PolicySet set, string action)
    {
        var walk = new RuleAtoms(set);
        if (set.Table.Find(action) is { } rule) walk.Rule(rule, isOwn: false);
        return walk._atoms.Values;
    }

    /// <summary>The same for a check that is no rule of the set.</summary>
    public static IReadOnlyCollection<ReachedAtom> Of(PolicySet set, Check check)
    {
        var walk = new RuleAtoms(set);
        walk.Walk(check, isOwn: false);
        return walk._atoms.Values;
    }

    private void Rule(EffectiveRule rule, bool isOwn)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new PolicyAnalysisException($"`{rule.Name}` is referred to through too many rules to analyse; shorten the chain");
        if (_seen.Add((rule.Name, isOwn))) Walk(rule.Check, isOwn);
    }

    private void Walk(Check check, bool isOwn)
    {
        foreach (var child in check.Children) Walk(child, isOwn);
        if (check is not AtomCheck atom) return;
        if (atom.Type == AtomKind.Rule)
        {
            if (_table.Find(atom.Match) is { } next) Rule(next, isOwn);
            return;
        }
        _atoms.TryAdd((atom.Kind, atom.Match, isOwn), new ReachedAtom(atom, isOwn));
        if (atom.Type == AtomKind.AdminFlag && _novaAdminFlag && !isOwn && _table.Find(AdminRule) is { } admin) Rule(admin, isOwn: true);
    }

    /// <summary>The target attributes a right side names.</summary>
    public static IReadOnlyList<string> KeysOf(Template? template)
    {
        if (template is null || template.Constant is not null) return [];
        return template.Key is { } key ? [key] : [.. KeyPattern().Matches(template.Text).Select(match => match.Groups["key"].Value).Distinct(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"%\((?<key>[^()]*)\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyPattern();
}
