namespace Gateway.Policy.Tests;

/// <summary>Callers and targets for tests, by what matters about them.</summary>
internal static class Some
{
    public static Credentials Caller(string? project = "p1", string user = "u1", params object?[] roles) => new(new Dictionary<string, object?>
    {
        ["user_id"] = user,
        ["project_id"] = project,
        ["roles"] = roles,
        ["system_scope"] = null,
        ["domain_id"] = null,
    });

    public static Credentials CallerWith(params ReadOnlySpan<(string Name, object? Value)> values) => new(Json.Map(values));

    public static TargetAttributes Server(string? project = "p1", string? user = "u1") => TargetWith(("project_id", project), ("user_id", user));

    public static TargetAttributes TargetWith(params ReadOnlySpan<(string Name, object? Value)> values) => new(Json.Map(values));
}

/// <summary>A directory of policy files that goes away with the test.</summary>
internal sealed class PolicyDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("policy-").FullName;

    public string Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Loads one file over the given defaults; findings name it <c>policy.yaml</c>.</summary>
    public static PolicyLoadResult Load(string text, string defaults = "seed", Semantics semantics = Semantics.Strict, string name = "policy.yaml")
    {
        using var directory = new PolicyDirectory();
        var path = directory.Write(name, text);
        var result = PolicySet.Load(new PolicyOptions { PolicyFile = path, Defaults = defaults, Semantics = semantics });
        return result with { Findings = [.. result.Findings.Select(finding => finding with { File = Path.GetFileName(finding.File) })] };
    }

    /// <summary>A policy of these rules alone.</summary>
    public static PolicySet Rules(string text, Semantics semantics = Semantics.Strict)
    {
        var result = Load(text, "none", semantics);
        return result.Set ?? throw new InvalidOperationException(string.Join('\n', result.Findings));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
