namespace Gateway.Cli.Tests;

public sealed class PolicyWhoCanCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Gives_the_minimal_conditions_of_an_action()
    {
        var run = await Run.OfAsync(_folder, ["policy", "who-can", "os_compute_api:os-create-backup"]);

        Assert.Equal((0, "os_compute_api:os-create-backup: who meets one of\n  role:admin\n  project_id:%(project_id)s\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task Gives_them_to_programs()
    {
        var run = await Run.OfAsync(_folder, ["policy", "who-can", "os_compute_api:os-create-backup", "--format", "json"]);

        Assert.Equal("""{"action":"os_compute_api:os-create-backup","ways":[["role:admin"],["project_id:%(project_id)s"]],"complete":true}""" + "\n", run.Output);
    }

    [Fact]
    public async Task Lists_what_a_caller_may_do()
    {
        var run = await Run.OfAsync(_folder, ["policy", "who-can", "--creds", """{"roles":["member"],"project_id":"p"}"""]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("\nos_compute_api:os-create-backup  where project_id:%(project_id)s\n", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("os_compute_api:os-migrate-server:migrate\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gatewayctl policy who-can: the defaults `seed` has no rule `nothing`\n", "nothing")]
    [InlineData("gatewayctl policy who-can: name an action, or a caller by `--creds` or `--persona`: exactly one of the three\n")]
    [InlineData("gatewayctl policy who-can: --creds: `[1]` is not a JSON object: write one such as {\"project_id\": \"p1\"}\n", "--creds", "[1]")]
    public async Task Says_what_is_wrong_with_the_question(string message, params string[] args)
    {
        var run = await Run.OfAsync(_folder, ["policy", "who-can", .. args]);

        Assert.Equal((2, message), (run.ExitCode, run.Errors));
    }
}
