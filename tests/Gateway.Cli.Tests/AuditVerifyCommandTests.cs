using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.Cli.Tests;

public sealed class AuditVerifyCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("audit.jsonl");

    public async ValueTask InitializeAsync() => await SomeAudit.StoreAsync(Store);

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Proves_a_whole_store_and_prints_its_head()
    {
        var run = await VerifyAsync();

        var hash = await HeadHashAsync();
        Assert.Equal((ExitCode.Ok, $"{Store}: whole: 6 records of stream gw-1, head 6:{hash}\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Prints_the_report_as_one_line_of_JSON()
    {
        var run = await VerifyAsync("--format", "json");

        Assert.StartsWith(
            $$"""{"store":"{{Store}}","stream":"gw-1","intact":true,"records":6,"head":{"sequence":6,"hash":"{{await HeadHashAsync()}}"},"open_intents":0""",
            run.Output,
            StringComparison.Ordinal);
        Assert.EndsWith(""","keys":"none","checkpoints":0,"checkpoints_beyond":0,"last_checkpoint":null,"finding":null}""" + "\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_first_record_that_was_edited_and_ends_with_1()
    {
        Edit("update/migrate", "update/migratE");

        var run = await VerifyAsync();

        Assert.Equal((ExitCode.Failed, $"{Store}: edited: record 4 was edited: its bytes do not give its hash\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Names_the_record_in_JSON_too()
    {
        Edit("update/migrate", "update/migratE");

        var finding = JsonNode.Parse((await VerifyAsync("--format", "json")).Output)!["finding"]!;

        Assert.Equal("""{"problem":"edited","sequence":4,"message":"record 4 was edited: its bytes do not give its hash"}""", finding.ToJsonString());
    }

    [Fact]
    public async Task Holds_the_chain_to_a_head_noted_before()
    {
        var hash = await HeadHashAsync();

        var same = await VerifyAsync("--head", $"6:{hash}");
        var other = await VerifyAsync("--head", $"6:{hash[..63]}{(hash[63] == '0' ? '1' : '0')}");
        var longer = await VerifyAsync("--head", $"7:{hash}");

        Assert.Equal(ExitCode.Ok, same.ExitCode);
        Assert.Equal(ExitCode.Failed, other.ExitCode);
        Assert.StartsWith($"{Store}: head mismatch: ", other.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, longer.ExitCode);
        Assert.StartsWith($"{Store}: truncated: ", longer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_another_stream()
    {
        var run = await VerifyAsync("--stream", "gw-2");

        Assert.Equal((ExitCode.Failed, $"{Store}: wrong stream: the store is of stream `gw-1`, not `gw-2`\n"), (run.ExitCode, run.Output));
    }

    private Task<Run> VerifyAsync(params string[] options) => Run.OfAsync(_folder, ["audit", "verify", "--store", Store, .. options]);

    private async Task<string> HeadHashAsync()
    {
        var listed = await Run.OfAsync(_folder, ["audit", "list", "--store", Store, "--limit", "1", "--format", "json"]);
        return JsonNode.Parse(listed.Output)!["hash"]!.ToString();
    }

    /// <summary>Changes a record's own bytes in the file, past the database and its triggers.</summary>
    private void Edit(string from, string to)
    {
        var bytes = File.ReadAllBytes(Store);
        var record = Encoding.UTF8.GetBytes($"\"action\":\"{from}\"");
        var at = bytes.AsSpan().IndexOf(record);
        Assert.True(at > 0, "the record's bytes are in the file");
        Encoding.UTF8.GetBytes($"\"action\":\"{to}\"").CopyTo(bytes, at);
        File.WriteAllBytes(Store, bytes);
    }
}
