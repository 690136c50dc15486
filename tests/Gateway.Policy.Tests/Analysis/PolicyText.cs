namespace Gateway.Policy.Tests.Analysis;

/// <summary>Policies written in a test.</summary>
internal static class PolicyText
{
    /// <summary>The policy of a YAML text, over no defaults unless said otherwise.</summary>
    public static PolicySet Load(string yaml, string defaults = "none", Semantics semantics = Semantics.Strict, Func<PolicyOptions, PolicyOptions>? with = null)
    {
        var options = new PolicyOptions { Defaults = defaults, Semantics = semantics };
        return Load(yaml, with?.Invoke(options) ?? options);
    }

    private static PolicySet Load(string yaml, PolicyOptions options)
    {
        var directory = Directory.CreateTempSubdirectory("policy-").FullName;
        try
        {
            var file = Path.Combine(directory, "policy.yaml");
            File.WriteAllText(file, yaml);
            var loaded = PolicySet.Load(options with { PolicyFile = file });
            return loaded.Set ?? throw new InvalidOperationException(string.Join('\n', loaded.Findings));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The defaults of a release with nothing over them.</summary>
    public static PolicySet Defaults(string release) => PolicySet.Load(new PolicyOptions { Defaults = release }).Set!;
}
