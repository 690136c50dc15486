using System.Text.Json.Nodes;

namespace Gateway.Cli.Tests;

public sealed class AuditShowCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync() => await SomeAudit.StoreAsync(_folder.File("audit.jsonl"));

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("4")]
    [InlineData(SomeAudit.RefusalId)]
    public async Task Shows_a_record_whole_by_number_or_event_id(string id)
    {
        var run = await Run.OfAsync(_folder, ["audit", "show", id, "--store", "audit.jsonl"]);
        var listed = await Run.OfAsync(_folder, ["audit", "list", "--store", "audit.jsonl", "--format", "json", "--action", "update/migrate"]);

        var record = JsonNode.Parse(listed.Output)!;
        Assert.Equal((ExitCode.Ok, ""), (run.ExitCode, run.Errors));
        Assert.StartsWith(
            $"""
            record 4
            hash   {record["hash"]}
            """ + "\n{\n  \"typeURI\": \"http://schemas.dmtf.org/cloud/audit/1.0/event\",\n  \"id\": \"" + SomeAudit.RefusalId + "\",\n",
            run.Output,
            StringComparison.Ordinal);
        var json = run.Output[run.Output.IndexOf('{', StringComparison.Ordinal)..];
        Assert.Equal(record["event"]!.ToJsonString(), JsonNode.Parse(json)!.ToJsonString());
    }

    [Fact]
    public async Task Prints_the_same_as_list_in_JSON()
    {
        var shown = await Run.OfAsync(_folder, ["audit", "show", "4", "--store", "audit.jsonl", "--format", "json"]);
        var listed = await Run.OfAsync(_folder, ["audit", "list", "--store", "audit.jsonl", "--format", "json", "--action", "update/migrate"]);

        Assert.Equal(listed.Output, shown.Output);
    }

    [Theory]
    [InlineData("99")]
    [InlineData("55555555-5555-4555-8555-555555555555")]
    public async Task Ends_with_1_when_there_is_no_such_record(string id)
    {
        var run = await Run.OfAsync(_folder, ["audit", "show", id, "--store", "audit.jsonl"]);

        Assert.Equal(
            (ExitCode.Failed, "", $"gatewayctl audit show: {_folder.File("audit.jsonl")}: no record `{id}`: `gatewayctl audit list` shows the numbers\n"),
            (run.ExitCode, run.Output, run.Errors));
    }
}
