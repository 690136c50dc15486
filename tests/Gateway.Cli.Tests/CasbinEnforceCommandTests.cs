namespace Gateway.Cli.Tests;

public sealed class CasbinEnforceCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CasbinEnforceCommandTests()
    {
        _folder.Write("model.conf", """
            [request_definition]
            r = sub, obj, act
            [policy_definition]
            p = sub, obj, act
            [policy_effect]
            e = some(where (p.eft == allow))
            [matchers]
            m = r.sub == p.sub && r.obj == p.obj && r.act == p.act
            """);
        _folder.Write("policy.csv", "p, alice, data1, read\np, bob, data2, write\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Answers_every_line_in_order_and_goes_on_after_a_bad_one()
    {
        _folder.Write("lines", """
            ["alice", "data1", "read"]
            ["alice", "data2", "read"]
            {"sub": "alice"}
            ["bob", "data2", "write"]
            """);
        var run = await Run.OfAsync(_folder, ["casbin", "enforce", "--model", "model.conf", "--policy", "policy.csv", "lines"]);
        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        Assert.Equal("""
            {"allowed":true,"explain":[["alice","data1","read"]]}
            {"allowed":false,"explain":[]}
            {"allowed":false,"explain":[],"error":"a request is a JSON array of its values"}
            {"allowed":true,"explain":[["bob","data2","write"]]}

            """, run.Output);
    }

    [Fact]
    public async Task Answers_a_request_of_the_wrong_width_in_place()
    {
        _folder.Write("lines", """["alice", "data1"]""");
        var run = await Run.OfAsync(_folder, ["casbin", "enforce", "--model", "model.conf", "--policy", "policy.csv", "lines"]);
        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.StartsWith("""{"allowed":false,"explain":[],"error":""", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere.conf", "policy.csv")]
    [InlineData("model.conf", "nowhere.csv")]
    [InlineData("policy.csv", "policy.csv")]
    public async Task Ends_with_2_when_model_or_policy_cannot_be_read(string model, string policy)
    {
        var run = await Run.OfAsync(_folder, ["casbin", "enforce", "--model", model, "--policy", policy]);
        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("gatewayctl casbin enforce: ", run.Errors, StringComparison.Ordinal);
    }
}
