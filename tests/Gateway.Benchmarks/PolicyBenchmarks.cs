using BenchmarkDotNet.Attributes;
using Gateway.Policy;
using Gateway.Policy.Analysis;

namespace Gateway.Benchmarks;

/// <summary>What happens once for each revision, not for each request.</summary>
public class PolicyBenchmarks
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"gateway-benchmark-{Guid.NewGuid():N}.yaml");
    private PolicySet _before = null!;
    private PolicySet _after = null!;

    [GlobalSetup]
    public void Load()
    {
        _before = Loaded.Defaults("zed");
        _after = Loaded.Defaults("2025.2");
        File.WriteAllLines(_file, _after.RuleNames.Select(name => $"\"{name}\": \"{_after.Table.Find(name)!.Text}\""));
    }

    [GlobalCleanup]
    public void Delete() => File.Delete(_file);

    /// <summary>Reads a file that states every rule of 2025.2 and compiles it, as a reload does: defaults and shapes of rules are known from the load before.</summary>
    [Benchmark]
    public int Reload() => Loaded.From(new PolicyOptions { PolicyFile = _file, Defaults = "2025.2" }).RuleNames.Count;

    /// <summary>Compares every action of zed and 2025.2, witnesses included.</summary>
    [Benchmark]
    public int DiffReleases() => PolicyDiff.Compare(_before, _after).Count;
}
