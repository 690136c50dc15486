using System.Collections.Frozen;
using System.Text;
using Gateway.Actions;
using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.Actions;

public sealed class SchemaModeTests
{
    private const string Bad = """{"createBackup": {"name": "b", "backup_type": "daily", "rotation": -1}}""";
    private const string Message = "Invalid input for field/attribute rotation. Value: -1. -1 is less than the minimum of 0";

    [Fact]
    public void Strict_refuses()
    {
        var reading = Read(Bad, SchemaMode.Strict);
        Assert.Equal((400, Message, "schema"), (reading.Refusal!.Status, reading.Refusal.Message, reading.Refusal.Reason));
    }

    [Fact]
    public void Report_goes_on_and_says_what_was_wrong() => Assert.Equal(Message, Read(Bad, SchemaMode.Report).Action!.SchemaFault);

    [Fact]
    public void Off_goes_on_and_says_nothing()
    {
        var action = Read(Bad, SchemaMode.Off).Action!;
        Assert.Equal(("createBackup", null), (action.Name, action.SchemaFault));
    }

    [Theory]
    [InlineData("""{"createBackup": {}, "migrate": null}""", "body_two_keys")]
    [InlineData("""{"os-fooBar": {}}""", "unknown_action")]
    [InlineData("""{"migrate": {"a": 1, "a": 2}}""", "body_duplicate_key")]
    public void None_of_them_lets_two_meanings_pass(string body, string reason)
    {
        foreach (var mode in Enum.GetValues<SchemaMode>()) Assert.Equal(reason, Read(body, mode).Refusal!.Reason);
    }

    [Fact]
    public void A_report_shows_no_secret()
    {
        var action = Read("""{"changePassword": {"adminPass": ["correct horse"]}}""", SchemaMode.Report).Action!;
        Assert.StartsWith("Invalid input for field/attribute adminPass. Value: ***.", action.SchemaFault, StringComparison.Ordinal);
        Assert.DoesNotContain("correct horse", action.SchemaFault, StringComparison.Ordinal);
    }

    [Fact]
    public void Above_the_newest_version_it_knows_a_schema_reports_and_the_rules_hold()
    {
        const string Newer = """{"migrate": {"host": "h", "new-in-2.200": true}}""";

        Assert.Equal("schema", Read(Newer, SchemaMode.Strict, "2.104").Refusal!.Reason);
        var action = Read(Newer, SchemaMode.Strict, "2.105").Action!;

        Assert.Contains("'new-in-2.200' was unexpected", action.SchemaFault, StringComparison.Ordinal);
        Assert.Equal(["os_compute_api:os-migrate-server:migrate:host"], action.Rules.Select(rule => rule.Name));
    }

    [Theory]
    [InlineData(null, SchemaMode.Strict)]
    [InlineData("strict", SchemaMode.Strict)]
    [InlineData("report", SchemaMode.Report)]
    [InlineData("off", SchemaMode.Off)]
    public void Is_chosen_by_a_clusters_metadata(string? word, object mode)
    {
        var metadata = word is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["Schemas"] = word };
        Assert.Equal(((SchemaMode)mode, null), (SchemaModes.Of(metadata), SchemaModes.Problem(metadata)));
    }

    [Fact]
    public void Another_word_is_a_problem() => Assert.Equal(
        "is not known: use `strict` (refuse what a schema does not accept), `report` (let it pass and record it) or `off`",
        SchemaModes.Problem(new Dictionary<string, string>(StringComparer.Ordinal) { ["Schemas"] = "lax" }));

    [Theory]
    [InlineData("""{"createBackup": {"name": "a", "backup_type": "b", "rotation": 1, "licence": "canary"}}""")]
    [InlineData("""{"createBackup": {"name": "a", "backup_type": "b", "rotation": 1, "metadata": {"licence": ["canary"]}}}""")]
    [InlineData("""{"createBackup": {"licence": "canary"}}""")]
    public void What_operators_call_secret_is_in_no_message(string body)
    {
        var reading = ActionReader.Read(
            Requests.Match("POST", Requests.ActionPath), Encoding.UTF8.GetBytes(body), Microversion.Parse("2.1"),
            secrets: FrozenSet.ToFrozenSet(["licence"], StringComparer.Ordinal));

        Assert.Equal("schema", reading.Refusal!.Reason);
        Assert.DoesNotContain("canary", reading.Refusal.Message, StringComparison.Ordinal);
    }

    private static ActionReading Read(string body, SchemaMode mode, string version = "2.1") => ActionReader.Read(
        Requests.Match("POST", Requests.ActionPath), Encoding.UTF8.GetBytes(body), Microversion.Parse(version), schemas: mode);
}
