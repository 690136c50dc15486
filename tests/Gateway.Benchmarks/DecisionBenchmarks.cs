using BenchmarkDotNet.Attributes;
using Gateway.Policy;

namespace Gateway.Benchmarks;

/// <summary>One decision by a release's defaults, the caller's object made beforehand, as it is once for each request.</summary>
public class DecisionBenchmarks
{
    private const string Action = "os_compute_api:os-create-backup";

    private readonly Credentials _member = Caller("project-1", "member", "reader");
    private readonly Credentials _admin = Caller("project-9", "admin", "member", "reader");
    private readonly Credentials _stranger = Caller("project-2", "member", "reader");
    private readonly TargetAttributes _target = new(new Dictionary<string, object?>(StringComparer.Ordinal) { ["project_id"] = "project-1", ["user_id"] = "user-1" });
    private PolicySet _policy = null!;

    [Params("2025.2", "seed")]
    public string Defaults { get; set; } = "";

    [GlobalSetup]
    public void Load()
    {
        _policy = Loaded.Defaults(Defaults);
        if (!Member() || !Admin() || Denied()) throw new InvalidOperationException("the decisions to be timed are not the expected ones");
    }

    [Benchmark]
    public bool Member() => _policy.Decide(Action, _member, _target).Allowed;

    [Benchmark]
    public bool Admin() => _policy.Decide(Action, _admin, _target).Allowed;

    [Benchmark]
    public bool Denied() => _policy.Decide(Action, _stranger, _target).Allowed;

    private static Credentials Caller(string project, params object?[] roles) =>
        new(new Dictionary<string, object?>(StringComparer.Ordinal) { ["user_id"] = "user-1", ["project_id"] = project, ["roles"] = roles });
}
