using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.DevIdentity.Tests;

/// <summary>The program run on its own.</summary>
public sealed class ProgramTests
{
    [Fact]
    public async Task Refuses_to_run_when_nobody_says_Development()
    {
        var (code, output, errors) = await RunAsync(environment: null);

        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Equal(
            "the development identity service refuses to run in environment `Production`: its passwords are public; " +
            "use a real Keystone or OIDC provider, or set ASPNETCORE_ENVIRONMENT=Development\n",
            errors);
    }

    [Fact]
    public async Task Refuses_options_it_does_not_know()
    {
        var (code, _, errors) = await RunAsync("Development", "--listen", "x", "--token-lifetime", "long", "--users-file");

        Assert.Equal(2, code);
        const string Known = "known options: --listen-url, --public-url, --compute-url, --image-url, --users-file, --data-directory, --token-lifetime\n";
        Assert.Equal(
            $"--listen: cannot take `x`: {Known}--token-lifetime: cannot take `long`: {Known}--users-file: has no value: write `--users-file VALUE`; {Known}",
            errors);
    }

    [Fact]
    public async Task Says_where_it_listens_and_ends_with_0_on_SIGTERM()
    {
        using var folder = new TemporaryFolder();
        using var process = Start("Development", "--listen-url", "http://127.0.0.1:0", "--data-directory", folder.File("data"));

        var banner = await process.StandardOutput.ReadLineAsync();
        Assert.Matches(@"^development identity: http://127\.0\.0\.1:\d+/v3 \(public passwords: never for production\)$", banner);
        Assert.True(File.Exists(folder.File("data/signing-key.pem")));

        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal("", await process.StandardError.ReadToEndAsync());
    }

    [Fact]
    public async Task Names_an_address_that_is_taken()
    {
        await using var other = await RunningIdentity.StartAsync();
        using var folder = new TemporaryFolder();

        var (code, output, errors) = await RunAsync("Development", "--listen-url", other.Url, "--data-directory", folder.Path);

        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.Equal($"Failed to bind to address {other.Url}: address already in use.\n", errors);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string? environment, params string[] args)
    {
        using var process = Start(environment, args);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    private static Process Start(string? environment, params string[] args)
    {
        var dotnet = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet");
        var program = Path.Combine(AppContext.BaseDirectory, "Gateway.DevIdentity.dll");
        var start = new ProcessStartInfo(dotnet, [program, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment.Remove("DOTNET_ENVIRONMENT");
        start.Environment.Remove("ASPNETCORE_ENVIRONMENT");
        if (environment is not null) start.Environment["ASPNETCORE_ENVIRONMENT"] = environment;
        return Process.Start(start)!;
    }
}
