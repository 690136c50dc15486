namespace Gateway.Policy.Testing;

/// <summary>A kind of caller that cases are about.</summary>
/// <param name="Credentials">What the caller's token carries.</param>
public sealed record Persona(string Name, string Description, Credentials Credentials)
{
    /// <summary>The caller's roles, as the file gives them.</summary>
    public IReadOnlyList<string> Roles => Credentials.Values.TryGetValue("roles", out var roles) && roles is IReadOnlyList<object?> list ? [.. list.OfType<string>()] : [];

    /// <summary>Reads <c>personas.yaml</c>: by name a <c>description</c> and the <c>credentials</c>, in the order of the file.</summary>
    /// <exception cref="CaseFileException">The file cannot be read or says something unknown.</exception>
    public static IReadOnlyList<Persona> Read(string file)
    {
        var yaml = new CaseYaml(file);
        var personas = new List<Persona>();
        if (yaml.Entries(yaml.Read(), "personas").TryGetValue("personas", out var list))
        {
            foreach (var (name, node) in yaml.Entries(list))
            {
                var entries = yaml.Entries(node, "description", "credentials");
                var description = entries.TryGetValue("description", out var text) ? yaml.Text(text) : "";
                if (entries.TryGetValue("credentials", out var credentials)) personas.Add(new Persona(name, description, new Credentials(yaml.Attributes(credentials))));
                else yaml.Report(node, $"persona `{name}` has no `credentials`");
            }
        }
        if (personas.Count == 0 && yaml.Problems.Count == 0) yaml.Problems.Add($"{file}: there are no `personas`");
        return yaml.Problems.Count == 0 ? personas : throw new CaseFileException(yaml.Problems);
    }
}
