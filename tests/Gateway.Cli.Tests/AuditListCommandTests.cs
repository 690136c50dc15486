using System.Text.Json.Nodes;

namespace Gateway.Cli.Tests;

public sealed class AuditListCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder.File("data"));
        await SomeAudit.StoreAsync(_folder.File("data/audit.jsonl"));
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Shows_one_event_a_line_in_columns_that_are_never_wrapped()
    {
        var run = await Run.OfAsync(_folder, ["audit", "list"]);

        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        Assert.Equal(SomeAudit.Listed, run.Output);
    }

    [Theory]
    [InlineData("--user alice", "2 3 4")]
    [InlineData("--user b0b", "5")]
    [InlineData("--project demo", "2 3 4")]
    [InlineData("--action update/migrate", "4")]
    [InlineData("--outcome failure", "4 5")]
    [InlineData("--kind intent", "2")]
    [InlineData("--target 0d8e4f0c-1111-4222-8333-444455556666 --outcome success", "3")]
    [InlineData("--request-id req-33333333", "4")]
    [InlineData("--from 2026-03-01T12:00:03", "4 5 6")]
    [InlineData("--to 2026-03-01T13:00:02+01:00", "1 2")]
    [InlineData("--from 2026-03-01 --to 2026-03-02 --limit 2", "5 6")]
    [InlineData("--from 2026-03-01T12:00:02.5Z --to 2026-03-01T12:01Z --user alice", "4")]
    [InlineData("--user nobody", "")]
    public async Task Filters(string options, string sequences)
    {
        var run = await Run.OfAsync(_folder, ["audit", "list", "--format", "json", .. options.Split(' ')]);

        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        Assert.Equal(sequences, string.Join(' ', Lines(run).Select(line => line["sequence"]!.ToString())));
    }

    [Fact]
    public async Task Prints_each_record_as_one_line_of_JSON_with_the_event_as_it_was_hashed()
    {
        var run = await Run.OfAsync(_folder, ["audit", "list", "--format", "json", "--action", "update/migrate"]);

        var record = Assert.Single(Lines(run));
        Assert.Equal(["sequence", "hash", "event"], record.Select(member => member.Key));
        Assert.Equal(64, record["hash"]!.ToString().Length);
        Assert.Equal(SomeAudit.RefusalId, record["event"]!["id"]!.ToString());
        Assert.Contains("Policy doesn't allow", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prints_only_the_headings_when_nothing_passes()
    {
        var run = await Run.OfAsync(_folder, ["audit", "list", "--user", "nobody"]);

        Assert.Equal((ExitCode.Ok, "SEQ  TIME  KIND  USER  CALL  TARGET  OUTCOME  RULE  REASON  REVISION\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task Reads_the_store_of_an_earlier_version_only_when_there_is_no_other()
    {
        await SomeAudit.StoreAsync(_folder.File("data/audit.db"), withCheckpoints: true);
        Assert.Equal(SomeAudit.Listed, (await Run.OfAsync(_folder, ["audit", "list"])).Output);

        File.Delete(_folder.File("data/audit.jsonl"));
        var run = await Run.OfAsync(_folder, ["audit", "list", "--kind", "lifecycle", "--format", "json"]);
        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        Assert.True(Lines(run).Count > 2);
    }

    [Fact]
    public async Task Refuses_a_file_that_is_no_store()
    {
        _folder.Write("notes.txt", "not a database, but long enough to be looked at by one, surely");

        var run = await Run.OfAsync(_folder, ["audit", "list", "--store", "notes.txt"]);

        Assert.Equal(
            (ExitCode.Usage, "", $"gatewayctl audit list: {_folder.File("notes.txt")}: not an audit store, or its first line is damaged; verify it, and restore it or begin a new one\n"),
            (run.ExitCode, run.Output, run.Errors));
    }

    private static List<JsonObject> Lines(Run run) =>
        [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];
}
