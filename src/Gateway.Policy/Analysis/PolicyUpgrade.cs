using Gateway.Policy.Evaluation;
using Gateway.Policy.Files;
using Gateway.Policy.Language;

namespace Gateway.Policy.Analysis;

/// <summary>What becomes of an override when the release changes under it.</summary>
public enum OverrideFate
{
    /// <summary>It stays in force, over a default that means the same as before.</summary>
    Unaffected,

    /// <summary>It stays in force, and hides that the default beneath it has changed.</summary>
    HidesChangedDefault,

    /// <summary>The new default means the same, so that it can be removed.</summary>
    Redundant,

    /// <summary>The new release has no such rule: it guards nothing, and a strict load refuses the file until it is removed.</summary>
    Gone,
}

/// <summary>One override, and what becomes of it.</summary>
/// <param name="Default">The default of the release it was written for; null when there was none.</param>
/// <param name="NewDefault">The default of the new release; null when there is none.</param>
public sealed record OverrideChange(string File, int Line, string Name, string Check, OverrideFate Fate, string? Default, string? NewDefault);

/// <summary>What changes for a cloud that keeps its overrides and moves from one release's defaults to another's.</summary>
/// <param name="Changes">The actions both releases have that mean something else afterwards.</param>
/// <param name="New">The actions only the new release has, with what guards them.</param>
/// <param name="Removed">The actions only the old release has.</param>
public sealed record UpgradeReport(IReadOnlyList<PolicyChange> Changes, IReadOnlyList<PolicyChange> New, IReadOnlyList<string> Removed, IReadOnlyList<OverrideChange> Overrides);

/// <summary>Compares two releases under one cloud's overrides.</summary>
public static class PolicyUpgrade
{
    /// <summary>Null with findings when the overrides cannot be read. Overrides the new release has no rule for are left out of it, not refused.</summary>
    /// <exception cref="PolicyAnalysisException">A rule is too large to analyse.</exception>
    public static (UpgradeReport? Report, IReadOnlyList<PolicyFinding> Findings) Compare(PolicyOptions overrides, string from, string to)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        var loaded = PolicySet.Load(overrides with { Defaults = from });
        if (loaded.Set is not { } before || ReleaseDefaults.Find(to) is not { } release)
        {
            return (null, loaded.Set is null ? loaded.Findings : [new PolicyFinding(to, 0, 0, "unknown-defaults", Severity.Error, $"there are no defaults `{to}`; choose one of {string.Join(", ", ReleaseDefaults.Names)}")]);
        }
        var options = overrides with { Defaults = to };
        var parser = options.NovaAdminFlag ? RuleParser.Nova : RuleParser.Generic;
        var mine = new Dictionary<string, ReadRule>(StringComparer.Ordinal);
        foreach (var (path, content) in PolicyFiles.Read(overrides, []))
        {
            foreach (var rule in PolicyDocument.Read(path, content, [])) mine[rule.Name] = new ReadRule(rule.Name, parser.ParseValue(rule.Value)!, rule.NameOrigin);
        }

        var after = new PolicySet(Kept(mine, release, parser, options), options, "");
        var (older, newer) = (Defaults(from, overrides), Defaults(to, overrides));
        var (actionsBefore, actionsAfter) = (PolicyActions.Of(before), PolicyActions.Of(after));
        var common = actionsBefore.Intersect(actionsAfter, StringComparer.Ordinal).ToList();
        return (new UpgradeReport(
            [.. common.Select(action => PolicyDiff.Compare(before, after, action)).Where(change => change.Kind != PolicyChangeKind.Same)],
            [.. actionsAfter.Except(common, StringComparer.Ordinal).Select(action => PolicyDiff.Compare(before, after, action))],
            [.. actionsBefore.Except(common, StringComparer.Ordinal)],
            [.. mine.Values.Select(rule => Change(rule, older, newer, after))]), loaded.Findings);
    }

    private static PolicySet Defaults(string release, PolicyOptions options) =>
        PolicySet.Load(new PolicyOptions { Defaults = release, EnforceScope = options.EnforceScope, EnforceNewDefaults = options.EnforceNewDefaults, Semantics = options.Semantics, NovaAdminFlag = options.NovaAdminFlag }).Set!;

    // Without the overrides that nothing asks for any more: a rule referring to one that is gone keeps it.
    private static RuleTable Kept(Dictionary<string, ReadRule> mine, ReleaseDefaults release, RuleParser parser, PolicyOptions options)
    {
        var known = new HashSet<string>(StringComparer.Ordinal) { options.DefaultRule };
        foreach (var registered in release.Rules)
        {
            known.Add(registered.Name);
            if (registered.Deprecated is { } former) known.Add(former.Name);
            PolicyActions.References(parser.ParseText(registered.Check), known);
        }
        foreach (var rule in mine.Values) PolicyActions.References(rule.Check, known);
        var kept = mine.Where(rule => known.Contains(rule.Key)).ToDictionary(StringComparer.Ordinal);
        return RuleResolution.Resolve(kept, release.Rules, parser, options.Defaults, options);
    }

    private static OverrideChange Change(ReadRule rule, PolicySet older, PolicySet newer, PolicySet after)
    {
        var (before, now) = (Own(older, rule.Name), Own(newer, rule.Name));
        var fate = after.Table.Find(rule.Name)?.Name != rule.Name ? OverrideFate.Gone
            : now is null ? OverrideFate.Unaffected
            : PolicyDiff.Compare(newer, after, rule.Name).Kind == PolicyChangeKind.Same ? OverrideFate.Redundant
            : before is null || PolicyDiff.Compare(older, newer, rule.Name).Kind != PolicyChangeKind.Same ? OverrideFate.HidesChangedDefault
            : OverrideFate.Unaffected;
        return new OverrideChange(rule.Origin.File, rule.Origin.Line, rule.Name, rule.Check.ToString(), fate, before?.Text, now?.Text);
    }

    private static EffectiveRule? Own(PolicySet set, string name) => set.Table.Find(name) is { } rule && rule.Name == name ? rule : null;
}
