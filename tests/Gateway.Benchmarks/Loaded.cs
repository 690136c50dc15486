using Gateway.Policy;

namespace Gateway.Benchmarks;

internal static class Loaded
{
    public static PolicySet Defaults(string release) => From(new PolicyOptions { Defaults = release });

    public static PolicySet From(PolicyOptions options)
    {
        var loaded = PolicySet.Load(options);
        return loaded.Set ?? throw new InvalidOperationException($"the policy does not load: {string.Join("; ", loaded.Findings)}");
    }
}
