using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Audit;

namespace Gateway.Cli.Tests;

/// <summary>Recorded calls asked of other rules: what changes, for whom, and what cannot be asked.</summary>
public sealed class PolicyReplayCommandTests : IAsyncLifetime
{
    private const string Migrate = "os_compute_api:os-migrate-server:migrate";

    private readonly TemporaryFolder _folder = new();

    /// <summary>2 alice refused to migrate her server, 3 and 4 the admin migrating it without look-up, 5 a call with a bad token, 6 alice's backup.</summary>
    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder.File("data"));
        await using var log = await AuditLog.OpenAsync(
            new AuditLogOptions { Path = _folder.File("data/audit.jsonl"), StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(30) }, TimeProvider.System, CancellationToken.None);
        await log.AppendAsync(Event("alice", AuditKind.Refusal, AuditOutcome.Failure, Decision(Migrate, allowed: false, """["member"]""", """{"project_id": "p1"}""")), CancellationToken.None);
        var intent = Event("admin", AuditKind.Intent, AuditOutcome.Pending, Decision(Migrate, allowed: true, """["admin"]""", null));
        await log.AppendAsync(intent, CancellationToken.None);
        await log.AppendAsync(intent with { Id = "o", Kind = AuditKind.Outcome, Outcome = AuditOutcome.Success, IntentId = intent.Id }, CancellationToken.None);
        await log.AppendAsync(Event("nobody", AuditKind.Refusal, AuditOutcome.Failure, null) with { Reason = new AuditReason { Code = "token_expired" } }, CancellationToken.None);
        await log.AppendAsync(
            Event("alice", AuditKind.Refusal, AuditOutcome.Failure, Decision("os_compute_api:os-create-backup", allowed: true, """["member"]""", """{"project_id": "p1"}""")), CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Tells_what_would_newly_be_allowed_and_for_whom_and_ends_with_3()
    {
        _folder.Write("candidate.yaml", $"\"{Migrate}\": \"rule:admin_or_owner\"\n");

        var run = await ReplayAsync("--policy", "candidate.yaml");

        Assert.Equal((ExitCode.Widened, ""), (run.ExitCode, run.Errors));
        var lines = run.Output.Split('\n');
        Assert.Matches($"^2  .*  deny → allow  {Migrate}  \\(allowed\\)  alice \\(member\\) POST update/migrate s1  e-alice-", lines[0]);
        Assert.Equal(["3 decisions replayed: 2 the same, 1 newly allowed, 0 newly denied", "1 not replayed: refused before the rules were asked (token_expired)", ""], lines[1..]);
        Assert.Equal(ExitCode.Ok, (await ReplayAsync("--policy", "candidate.yaml", "--allow-widening")).ExitCode);
    }

    [Fact]
    public async Task Tells_what_would_newly_be_denied()
    {
        _folder.Write("candidate.yaml", "\"os_compute_api:os-create-backup\": \"role:backup\"\n");
        var run = await ReplayAsync("--policy", "candidate.yaml", "--format", "json");

        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToArray();
        Assert.Equal(("allow", "deny", 6L), ((string?)lines[0]["before"], (string?)lines[0]["after"], (long)lines[0]["sequence"]!));
        Assert.Equal((1L, 0L), ((long)lines[1]["summary"]!["denied"]!, (long)lines[1]["summary"]!["allowed"]!));
        Assert.Equal(ExitCode.Ok, run.ExitCode);
    }

    [Fact]
    public async Task Says_which_events_cannot_be_asked_and_why()
    {
        _folder.Write("candidate.yaml", $"\"{Migrate}\": \"project_id:%(project_id)s\"\n");
        var run = await ReplayAsync("--policy", "candidate.yaml", "--list-unanswered", "--user", "admin", "--allow-widening");

        Assert.Contains("3  ", run.Output, StringComparison.Ordinal);
        Assert.Contains("not replayed: the target was not looked up then, and the candidate's answer depends on it", run.Output, StringComparison.Ordinal);
        Assert.Contains("0 decisions replayed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_rules_that_decided_give_the_same_answers()
    {
        var run = await ReplayAsync();
        Assert.Equal((ExitCode.Ok, "3 decisions replayed: 3 the same, 0 newly allowed, 0 newly denied"), (run.ExitCode, run.Output.Split('\n')[0]));
    }

    private Task<Run> ReplayAsync(params string[] args) => Run.OfAsync(_folder, ["policy", "replay", .. args]);

    private static AuditDecision Decision(string rule, bool allowed, string roles, string? target) => new()
    {
        Rule = rule,
        Allowed = allowed,
        Code = allowed ? "allowed" : "denied",
        Revision = "sha256:1",
        Caller = JsonElement.Parse($$"""{"user_id": "u", "project_id": "p1", "roles": {{roles}}}"""),
        Target = target is null ? null : JsonElement.Parse(target),
    };

    private static AuditEvent Event(string user, AuditKind kind, AuditOutcome outcome, AuditDecision? decision) => new()
    {
        Id = $"e-{user}-{Guid.NewGuid():N}",
        EventTime = TimeProvider.System.GetUtcNow(),
        Kind = kind,
        Outcome = outcome,
        Action = "update/migrate",
        Method = "POST",
        Initiator = new AuditInitiator { Id = user, Name = user, Roles = user == "admin" ? ["admin"] : ["member"] },
        Target = new AuditTarget { Id = "s1", TypeUri = "compute/server" },
        Observer = new AuditObserver { Id = "gw-1" },
        Decision = decision,
    };
}
