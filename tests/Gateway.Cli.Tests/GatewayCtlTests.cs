using System.CommandLine;
using System.Diagnostics;

namespace Gateway.Cli.Tests;

public sealed class GatewayCtlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "gatewayctl: Required command was not provided.\nsee `gatewayctl --help`\n")]
    [InlineData("audit", "gatewayctl audit: Required command was not provided.\nsee `gatewayctl audit --help`\n")]
    [InlineData("status --colour", "gatewayctl status: Unrecognized command or argument '--colour'.\nsee `gatewayctl status --help`\n")]
    [InlineData("status --url", "gatewayctl status: Required argument missing for option: '--url'.\nsee `gatewayctl status --help`\n")]
    [InlineData("status --format xml", "gatewayctl status: --format: no format `xml`: write `pretty` or `json`\nsee `gatewayctl status --help`\n")]
    [InlineData("status --url nowhere", "gatewayctl status: --url: `nowhere` is not an http or https URL: write one such as http://127.0.0.1:8776\nsee `gatewayctl status --help`\n")]
    [InlineData("audit show", "gatewayctl audit show: Required argument missing for command: 'show'.\nsee `gatewayctl audit show --help`\n")]
    [InlineData("audit list --limit 0 --outcome good", "gatewayctl audit list: --outcome: no `good`: write one of `pending`, `success`, `failure`, `unknown`\ngatewayctl audit list: --limit: `0` is not a count: write a whole number from 1 up\nsee `gatewayctl audit list --help`\n")]
    [InlineData("audit list --from yesterday", "gatewayctl audit list: --from: `yesterday` is not a time: write one such as 2026-03-01, 2026-03-01T12:00 or 2026-03-01T12:00:00+01:00\nsee `gatewayctl audit list --help`\n")]
    [InlineData("audit verify --head 12", "gatewayctl audit verify: --head: `12` is not a head: write a record's number, a colon and its hash of 64 hexadecimal digits\nsee `gatewayctl audit verify --help`\n")]
    public async Task Ends_with_2_when_the_command_line_makes_no_sense(string line, string errors)
    {
        var run = await Run.OfAsync(_folder, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((ExitCode.Usage, "", errors), (run.ExitCode, run.Output, run.Errors.ReplaceLineEndings("\n")));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("audit --help")]
    [InlineData("audit list --help")]
    [InlineData("token issue -h")]
    [InlineData("--version")]
    public async Task Ends_with_0_after_telling_about_itself(string line)
    {
        var run = await Run.OfAsync(_folder, line.Split(' '));

        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        Assert.NotEqual("", run.Output);
    }

    [Fact]
    public void Describes_every_command_option_and_argument()
    {
        using var nowhere = new StringWriter();
        var everything = WithChildren(GatewayCtl.Commands(new Terminal(nowhere, nowhere, new Dictionary<string, string>(), _folder.Path))).ToList();

        Assert.Contains(everything, symbol => symbol.Name == "--request-id");
        Assert.Empty(everything.Where(symbol => string.IsNullOrEmpty(symbol.Description)).Select(symbol => symbol.Name));

        static IEnumerable<Symbol> WithChildren(Symbol symbol) =>
            symbol is Command command ? [symbol, .. command.Children.SelectMany(WithChildren)] : [symbol];
    }

    [Fact]
    public async Task Runs_as_a_program_with_lines_as_long_as_they_are()
    {
        var refused = await ExecuteAsync("audit", "verify", "--store", _folder.File("nothing.jsonl"));
        Assert.Equal(
            (ExitCode.Usage, "", $"gatewayctl audit verify: {_folder.File("nothing.jsonl")}: no such file: name the gateway's store with `--store`\n"),
            refused);

        await SomeAudit.StoreAsync(_folder.File("audit.jsonl"));
        var (code, output, errors) = await ExecuteAsync("audit", "list", "--store", _folder.File("audit.jsonl"));
        Assert.Equal((ExitCode.Ok, ""), (code, errors));
        Assert.Equal(SomeAudit.Listed, output);
        Assert.Contains(output.Split('\n'), line => line.Length > 200);
    }

    private async Task<(int Code, string Output, string Errors)> ExecuteAsync(params string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = _folder.Path,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "gatewayctl.dll"));
        foreach (var arg in args) start.ArgumentList.Add(arg);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }
}
