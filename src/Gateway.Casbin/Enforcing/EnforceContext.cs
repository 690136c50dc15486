namespace Gateway.Casbin;

/// <summary>Which of a model's numbered definitions decide: `r2`, `p2`, `e2`, `m2`.</summary>
public sealed record EnforceContext(string RequestType, string PolicyType, string EffectType, string MatcherType)
{
    /// <summary>`r`, `p`, `e`, `m`.</summary>
    public static EnforceContext Default { get; } = new("r", "p", "e", "m");

    /// <summary>All four with one number, such as `2`.</summary>
    public static EnforceContext ForSuffix(string suffix) => new("r" + suffix, "p" + suffix, "e" + suffix, "m" + suffix);
}
