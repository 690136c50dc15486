using BenchmarkDotNet.Attributes;
using Gateway.Casbin;

namespace Gateway.Benchmarks;

/// <summary>A decision through an <c>==</c> on the action, by few rows and by many.</summary>
public class RowBenchmarks
{
    internal const string Model = """
        [request_definition]
        r = sub, act
        [policy_definition]
        p = sub, act
        [policy_effect]
        e = some(where (p.eft == allow))
        [matchers]
        m = r.act == p.act && r.sub == p.sub
        """;

    private string _action = "";
    private Enforcer _enforcer = null!;

    [Params(100, 10_000)]
    public int Rows { get; set; }

    [GlobalSetup]
    public void Load()
    {
        _action = $"compute:action-{Rows - 1}";
        var rows = string.Join('\n', Enumerable.Range(0, Rows).Select(row => $"p, member, compute:action-{row}"));
        _enforcer = new Enforcer(DefaultModel.CreateFromText(Model), new TextAdapter(rows));
        if (!Allowed() || Denied()) throw new InvalidOperationException("the decisions to be timed are not the expected ones");
    }

    [Benchmark]
    public bool Allowed() => _enforcer.Enforce("member", _action);

    [Benchmark]
    public bool Denied() => _enforcer.Enforce("reader", _action);
}
