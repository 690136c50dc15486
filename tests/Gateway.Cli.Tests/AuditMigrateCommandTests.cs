namespace Gateway.Cli.Tests;

/// <summary>What <c>gatewayctl audit migrate</c> refuses before it connects anywhere; what it does to a database is tested with a real one.</summary>
public sealed class AuditMigrateCommandTests
{
    [Theory]
    [InlineData("--writer gw_1", "`--writer` needs `--stream`: the chain that the role writes, which is the gateway's Audit:GatewayId")]
    [InlineData("--stream gw-1", "`--stream` needs `--writer`: the role that writes the chain")]
    [InlineData("--writer gw_1 --stream gw-1 --stream gw/2", "`--stream gw/2`: must be 1 to 128 of letters, digits, `.`, `_` and `-`")]
    public async Task A_role_and_its_chains_belong_together(string options, string message)
    {
        using var folder = new TemporaryFolder();
        var run = await Run.OfAsync(folder, ["audit", "migrate", "--store", "Host=127.0.0.1;Port=1;Username=owner", .. options.Split(' ')]);
        Assert.Equal((2, $"gatewayctl audit migrate: {message}\n"), (run.ExitCode, run.Errors));
    }
}
