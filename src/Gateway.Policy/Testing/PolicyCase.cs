namespace Gateway.Policy.Testing;

/// <summary>One expectation: whether a persona may do an action on a target.</summary>
/// <param name="File">Where it is written.</param>
/// <param name="Line">From 1.</param>
public sealed record PolicyCase(string File, int Line, string Action, string TargetName, TargetAttributes Target, Persona Persona, bool IsAllowed);

/// <summary>The cases of one file.</summary>
/// <param name="Defaults">The release whose defaults the cases are about; null for whichever is tested.</param>
public sealed record CaseFile(string File, string? Defaults, IReadOnlyList<PolicyCase> Cases)
{
    /// <summary>
    /// Reads a file of cases: <c>defaults</c>, <c>targets</c> by name, and <c>cases</c>, each with <c>actions</c>, a <c>target</c>, the personas to
    /// <c>allow</c>, and those to <c>deny</c> (left out: all others).
    /// </summary>
    /// <exception cref="CaseFileException">The file cannot be read or says something unknown.</exception>
    public static CaseFile Read(string file, IReadOnlyList<Persona> personas)
    {
        var yaml = new CaseYaml(file);
        var cases = new List<PolicyCase>();
        var entries = yaml.Entries(yaml.Read(), "description", "defaults", "targets", "cases");
        var defaults = entries.TryGetValue("defaults", out var release) ? yaml.Text(release) : null;
        if (defaults is not null && ReleaseDefaults.Find(defaults) is null) yaml.Report(release!, $"there are no defaults `{defaults}`; choose one of {string.Join(", ", ReleaseDefaults.Names)}");
        var targets = entries.TryGetValue("targets", out var named)
            ? yaml.Entries(named).ToDictionary(target => target.Key, target => new TargetAttributes(yaml.Attributes(target.Value)), StringComparer.Ordinal)
            : [];
        if (entries.TryGetValue("cases", out var list))
        {
            if (list is YamlDotNet.RepresentationModel.YamlSequenceNode sequence)
            {
                foreach (var node in sequence.Children) Case(yaml, node, targets, personas, cases);
            }
            else
            {
                yaml.Report(list, "`cases` is a list");
            }
        }
        if (cases.Count == 0 && yaml.Problems.Count == 0) yaml.Problems.Add($"{file}: there are no `cases`");
        return yaml.Problems.Count == 0 ? new CaseFile(file, defaults, cases) : throw new CaseFileException(yaml.Problems);
    }

    private static void Case(CaseYaml yaml, YamlDotNet.RepresentationModel.YamlNode node, Dictionary<string, TargetAttributes> targets, IReadOnlyList<Persona> personas, List<PolicyCase> cases)
    {
        var entries = yaml.Entries(node, "actions", "target", "allow", "deny");
        if (!entries.TryGetValue("actions", out var actions) || !entries.TryGetValue("target", out var target) || !entries.TryGetValue("allow", out var allow))
        {
            yaml.Report(node, "a case has `actions`, a `target` and the personas to `allow` (`[]` for nobody)");
            return;
        }
        var targetName = yaml.Text(target);
        if (!targets.TryGetValue(targetName, out var attributes)) yaml.Report(target, $"there is no target `{targetName}`{Files.Suggestion.For(targetName, targets.Keys)}");
        var allowed = Named(yaml, allow, personas);
        var denied = entries.TryGetValue("deny", out var deny) ? Named(yaml, deny, personas) : [.. personas.Except(allowed)];
        foreach (var both in allowed.Intersect(denied)) yaml.Report(node, $"persona `{both.Name}` is both allowed and denied");
        if (attributes is null) return;
        foreach (var action in yaml.Texts(actions))
        {
            foreach (var persona in personas)
            {
                if (allowed.Contains(persona) || denied.Contains(persona)) cases.Add(new PolicyCase(yaml.File, (int)node.Start.Line, action, targetName, attributes, persona, allowed.Contains(persona)));
            }
        }
    }

    private static List<Persona> Named(CaseYaml yaml, YamlDotNet.RepresentationModel.YamlNode node, IReadOnlyList<Persona> personas)
    {
        var found = new List<Persona>();
        foreach (var name in yaml.Texts(node))
        {
            if (personas.FirstOrDefault(persona => persona.Name == name) is { } persona) found.Add(persona);
            else yaml.Report(node, $"there is no persona `{name}`{Files.Suggestion.For(name, personas.Select(persona => persona.Name))}");
        }
        return found;
    }
}
