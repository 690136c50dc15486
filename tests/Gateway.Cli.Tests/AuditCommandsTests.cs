using System.Text.Json.Nodes;
using Gateway.Audit;

namespace Gateway.Cli.Tests;

/// <summary>The commands with which a reviewer works: search, stats, tail, proof, export, rotate-key.</summary>
public sealed class AuditCommandsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder.File("data"));
        await SomeAudit.StoreAsync(_folder.File("data/audit.jsonl"), withCheckpoints: true);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<Run> AuditAsync(params string[] args) => Run.OfAsync(_folder, ["audit", .. args]);

    private async Task<long[]> FoundAsync(params string[] args)
    {
        var run = await AuditAsync(["search", "--format", "json", .. args]);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        return [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (long)JsonNode.Parse(line)!["sequence"]!)];
    }

    [Fact]
    public async Task Search_finds_by_attributes_words_and_times()
    {
        Assert.Equal(new long[] { 4, 3, 2 }, await FoundAsync("--user", "alice", "-w", "kind=!lifecycle"));
        Assert.Equal(new long[] { 4 }, await FoundAsync("-w", "outcome=failure", "-w", "reason_code=403"));
        Assert.Equal(new long[] { 2, 3, 4 }, await FoundAsync("--user", "a11ce", "--oldest-first"));
        Assert.Equal(new long[] { 3, 2 }, await FoundAsync("--text", "backup", "--from", "2026-03-01T12:00:01"));
        Assert.Equal(new long[] { 5 }, await FoundAsync("--text", "bob", "--limit", "1"));
    }

    [Fact]
    public async Task Search_says_what_it_cannot_search_for()
    {
        var run = await AuditAsync("search", "-w", "colour=red");
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith("gatewayctl audit search: no attribute `colour`; known are id, kind,", run.Errors, StringComparison.Ordinal);
        Assert.StartsWith("gatewayctl audit search: --where `x`: write NAME=VALUE", (await AuditAsync("search", "-w", "x")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_holds_no_formula()
    {
        var run = await AuditAsync("search", "--format", "csv", "-w", "kind=refusal");
        Assert.Contains("\"POST unknown\\u000a2026 FAKE\"", run.Output, StringComparison.Ordinal);
        Assert.Equal("\"'=HYPERLINK(\"\"x\"\")\",\"'+1\",\"'-1\",\"'@a\",\"' =1\",\"-\",\"a,b\"\r\n", AuditOutput.Csv(["=HYPERLINK(\"x\")", "+1", "-1", "@a", " =1", "-", "a,b"]));
    }

    [Fact]
    public async Task Stats_count_by_attribute()
    {
        var run = await AuditAsync("stats", "--by", "outcome", "--format", "json", "-w", "kind=!lifecycle");
        Assert.Equal("""{"by":"outcome","counts":{"failure":2,"pending":1,"success":1}}""" + "\n", run.Output);
        Assert.StartsWith("kind       EVENTS\n", (await AuditAsync("stats")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tail_shows_the_newest_in_their_order()
    {
        var run = await AuditAsync("tail", "-n", "3", "--format", "json");
        var sequences = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (long)JsonNode.Parse(line)!["sequence"]!).ToArray();
        Assert.Equal(Enumerable.Range(0, 3).Select(i => sequences[0] + i), sequences);
    }

    [Fact]
    public async Task A_record_is_proved_and_an_export_verifies_elsewhere()
    {
        var proof = JsonNode.Parse((await AuditAsync("proof", "4")).Output)!;
        Assert.True(MerkleProof.IsIncluded(
            Convert.FromHexString((string)proof["hash"]!),
            4,
            (long)proof["size"]!,
            [.. proof["path"]!.AsArray().Select(hash => Convert.FromBase64String((string)hash!))],
            Convert.FromBase64String(((string)proof["checkpoint"]!).Split('\n')[2])));

        var exported = await AuditAsync("export", "out.zip", "--user", "alice");
        Assert.True(exported.ExitCode == 0, exported.Errors);
        Assert.Matches("^.*/out.zip: 3 events, without a gap, proved by checkpoint [0-9]+ of ", exported.Output);
        Directory.Move(_folder.File("data"), _folder.File("gone"));
        var keys = Path.Combine(_folder.File("gone"), "audit-keys");
        var verified = await AuditAsync("verify", "out.zip", "--keys", keys);
        Assert.Equal((0, ""), (verified.ExitCode, verified.Errors));
        Assert.Matches("out.zip: whole: 3 records of stream gw-1 from 2, head 4:[0-9a-f]{64}, [0-9]+ checkpoints, the last over ", verified.Output);
        var unnamed = await AuditAsync("verify", "out.zip");
        Assert.Equal(ExitCode.Usage, unnamed.ExitCode);
        Assert.Contains("a bundle: name the keys that count with `--keys`; with `--own-keys` those it brings are taken, which proves only that it is of one piece", unnamed.Errors, StringComparison.Ordinal);
        var own = await AuditAsync("verify", "out.zip", "--own-keys", "--format", "json");
        Assert.Equal((ExitCode.OwnKeys, "own"), (own.ExitCode, (string?)JsonNode.Parse(own.Output)!["keys"]));
        Assert.Contains("the keys are the bundle's own: it is of one piece, and anybody may have made it", own.Errors, StringComparison.Ordinal);
        using var zip = System.IO.Compression.ZipFile.OpenRead(_folder.File("out.zip"));
        using var manifest = new StreamReader(zip.GetEntry("manifest.json")!.Open());
        Assert.Equal("""["--user alice"]""", JsonNode.Parse(await manifest.ReadToEndAsync(TestContext.Current.CancellationToken))!["conditions"]!.ToJsonString());
    }

    [Fact]
    public async Task Two_checkpoints_are_proved_to_continue_each_other()
    {
        var run = await AuditAsync("proof", "--from", "1", "--to", "2");
        Assert.Equal((0, "gw-1"), (run.ExitCode, (string?)JsonNode.Parse(run.Output)!["stream"]));
        Assert.Equal(ExitCode.Usage, (await AuditAsync("proof")).ExitCode);
        Assert.Contains("no checkpoint 99", (await AuditAsync("proof", "--from", "1", "--to", "99")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_holds_a_store_to_its_checkpoints()
    {
        var run = await AuditAsync("verify");
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Matches(", [0-9]+ checkpoints, the last over [0-9]+ at 2026-03-01T", run.Output);
    }

    [Fact]
    public async Task A_new_key_is_made_beside_the_old()
    {
        var run = await AuditAsync("rotate-key");
        Assert.StartsWith("compute-gateway/audit/gw-1+", run.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("data/audit-keys/key-2.pem")));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("data/audit-keys/key-2.pem")));
    }
}
