using Gateway.Policy.Analysis;
using Gateway.Policy.Python;

namespace Gateway.Policy.Explaining;

/// <summary>
/// Finds the smallest change of a caller that turns a decision, the target staying as it is: the cheapest way from the caller's own case to one with the
/// other answer in the rule's diagram. What it finds is tried with the engine before it is told.
/// </summary>
internal static class SmallestChange
{
    private const int OfRole = 2;
    private const int OfAttribute = 3;
    private const int Never = 1_000_000;

    /// <summary>The changes, together enough; empty when no caller would be answered differently, or the caller is beyond the analysis (lists for texts, remote checks).</summary>
    public static IReadOnlyList<string> Find(PolicySet policy, string action, Credentials caller, TargetAttributes target, bool isAllowed)
    {
        var atoms = RuleAtoms.Of(policy, action);
        var universe = Universe.Of(atoms, PolicyActions.ScopesOf(policy, action).Count > 0, draft => AddOwnValues(draft, caller, target));
        var allowed = new RuleCompiler(policy, universe).Allowed(action);
        if (PointOf(universe, caller, target) is not { } own) return [];
        if (universe.Diagram.Evaluate(allowed, own) != (isAllowed ? DecisionDiagram.True : DecisionDiagram.False)) return [];
        var wanted = isAllowed ? universe.Diagram.Not(allowed) : allowed;
        var point = universe.Diagram.Cheapest(wanted, (variable, value) => CostOf(universe.Variables[variable], own[variable], value));
        if (point is null) return [];
        var changed = Enumerable.Range(0, point.Length).Where(i => point[i] >= 0 && point[i] != own[i]).ToList();
        if (changed.Any(i => CostOf(universe.Variables[i], own[i], point[i]) >= Never)) return [];
        var values = new Dictionary<string, object?>(caller.Values, StringComparer.Ordinal);
        var texts = changed.ConvertAll(i => Apply(values, universe.Variables[i], point[i]));
        // A caller whose flag was given and not computed keeps it; then no role can turn the answer.
        return policy.Decide(action, new Credentials(values), target).Allowed != isAllowed ? texts : [];
    }

    private static int CostOf(Variable variable, int own, int value) => value == own ? 0 : variable.Kind switch
    {
        VariableKind.Target or VariableKind.Remote => Never,
        VariableKind.Role or VariableKind.Member => OfRole,
        _ => OfAttribute,
    };

    private static void AddOwnValues(UniverseDraft draft, Credentials caller, TargetAttributes target)
    {
        foreach (var (path, value) in Flat(caller.Attributes, "")) draft.ValueOfKnown(UniverseDraft.Creds(path), PythonText.Str(value));
        foreach (var (key, value) in target.Values.Where(pair => pair.Value is not null)) draft.ValueOfKnown(UniverseDraft.Target(key), PythonText.Str(value));
    }

    private static IEnumerable<(string Path, object Value)> Flat(IReadOnlyDictionary<string, object?> attributes, string prefix)
    {
        foreach (var (name, value) in attributes)
        {
            if (value is IReadOnlyDictionary<string, object?> inner)
            {
                foreach (var nested in Flat(inner, prefix + name + ".")) yield return nested;
            }
            else if (value is not null)
            {
                yield return (prefix + name, value);
            }
        }
    }

    /// <summary>The caller's and the target's own case; null when the universe has none for them.</summary>
    private static int[]? PointOf(Universe universe, Credentials caller, TargetAttributes target)
    {
        var point = new int[universe.Variables.Count];
        for (var i = 0; i < point.Length; i++)
        {
            var variable = universe.Variables[i];
            point[i] = variable.Kind switch
            {
                VariableKind.Role => IndexOfRole(variable, caller),
                VariableKind.Member => caller.TryGet("service_roles", out var list) && list is IReadOnlyList<object?> members && members.Contains(variable.Name) ? 1 : 0,
                VariableKind.Attribute => IndexOf(variable, Look(caller.Attributes, variable.Name, out var own), own),
                VariableKind.Target => IndexOf(variable, target.TryGet(variable.Name, out var value), value),
                _ => 0,
            };
            if (point[i] < 0) return null;
        }
        return point;
    }

    private static int IndexOfRole(Variable variable, Credentials caller)
    {
        if (!caller.Roles.Contains(variable.Name, StringComparer.Ordinal)) return 0;
        var spelt = caller.TryGet("roles", out var roles) && roles is IReadOnlyList<object?> list
            ? list.OfType<string>().Where(role => PythonText.Lower(role) == variable.Name).ToHashSet(StringComparer.Ordinal)
            : [];
        var same = variable.Values.ToList().FindIndex(value => value is string[] spellings && spelt.SetEquals(spellings));
        return same > 0 ? same : 1;
    }

    private static int IndexOf(Variable variable, bool isThere, object? value)
    {
        if (!isThere) return 0;
        var values = variable.Values.ToList();
        return value is null ? values.FindIndex(candidate => candidate is null) : values.FindIndex(candidate => candidate is string text && text == PythonText.Str(value));
    }

    private static bool Look(IReadOnlyDictionary<string, object?> attributes, string path, out object? value)
    {
        value = attributes;
        foreach (var segment in path.Split('.'))
        {
            if (value is not IReadOnlyDictionary<string, object?> map || !map.TryGetValue(segment, out value)) return false;
        }
        return true;
    }

    private static string Apply(Dictionary<string, object?> values, Variable variable, int index)
    {
        var value = variable.Values[index];
        var isAbsent = ReferenceEquals(value, Variable.Absent);
        switch (variable.Kind)
        {
            case VariableKind.Role:
                SetElement(values, "roles", variable.Name, isAbsent ? [] : (string[])value!);
                return isAbsent ? $"without the role `{variable.Name}`" : $"with the role `{((string[])value!)[0]}`";
            case VariableKind.Member:
                SetElement(values, "service_roles", variable.Name, isAbsent ? [] : [variable.Name]);
                return isAbsent ? $"without the service role `{variable.Name}`" : $"with the service role `{variable.Name}`";
            default:
                Put(values, variable.Name.Split('.'), isAbsent, value);
                return isAbsent ? $"without `{variable.Name}`" : value is null ? $"with `{variable.Name}` null" : $"with `{variable.Name}` = `{value}`";
        }
    }

    private static void SetElement(Dictionary<string, object?> values, string name, string folded, string[] elements)
    {
        var others = values.GetValueOrDefault(name) is IEnumerable<object?> list ? list.OfType<string>().Where(element => PythonText.Lower(element) != PythonText.Lower(folded)) : [];
        values[name] = others.Concat(elements).ToArray<object?>();
    }

    private static void Put(Dictionary<string, object?> map, string[] path, bool isAbsent, object? value)
    {
        foreach (var segment in path[..^1])
        {
            var inner = map.GetValueOrDefault(segment) is IReadOnlyDictionary<string, object?> known ? new Dictionary<string, object?>(known, StringComparer.Ordinal) : [];
            map[segment] = inner;
            map = inner;
        }
        if (isAbsent) map.Remove(path[^1]);
        else map[path[^1]] = value;
    }
}
