using Gateway.Audit;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Cli.Tests;

/// <summary>A store with one call that was made and two that were refused, written by the real log.</summary>
internal static class SomeAudit
{
    public const string RefusalId = "33333333-3333-4333-8333-333333333333";

    private const string Server = "0d8e4f0c-1111-4222-8333-444455556666";
    private const string Revision = "sha256:5f3a9c0e77b1d2";

    public static string Listed { get; } =
        """
        SEQ  TIME                      KIND       USER                   CALL                         TARGET                                      OUTCOME      RULE                                  REASON                                                                                  REVISION
        1    2026-03-01T12:00:00.000Z  lifecycle  gw-1                   start/log                    gw-1                                        success      -                                     -                                                                                       -
        2    2026-03-01T12:00:01.000Z  intent     alice (member,reader)  POST update/backup           web (0d8e4f0c-1111-4222-8333-444455556666)  pending      os_compute_api:os-create-backup       allowed                                                                                 5f3a9c0e77b1
        3    2026-03-01T12:00:02.000Z  outcome    alice (member,reader)  POST update/backup           web (0d8e4f0c-1111-4222-8333-444455556666)  success 202  os_compute_api:os-create-backup       allowed                                                                                 5f3a9c0e77b1
        4    2026-03-01T12:00:03.000Z  refusal    alice (member,reader)  POST update/migrate          web (0d8e4f0c-1111-4222-8333-444455556666)  failure 403  os_compute_api:os-migrate-server:...  denied: Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed.  5f3a9c0e77b1
        5    2026-03-01T12:00:04.000Z  refusal    bob (member)           POST unknown\u000a2026 FAKE  0d8e4f0c-1111-4222-8333-444455556666        failure 400  -                                     -                                                                                       -
        6    2026-03-01T12:00:05.000Z  lifecycle  gw-1                   stop/log                     gw-1                                        success      -                                     -                                                                                       -

        """;

    /// <summary>Writes the store; every event is a second after the one before.</summary>
    public static async Task StoreAsync(string path, bool withCheckpoints = false)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var options = new AuditLogOptions { Path = path, StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(30) };
        await using var log = await AuditLog.OpenAsync(options, clock, CancellationToken.None);
        var intent = Event("11111111-1111-4111-8111-111111111111") with
        {
            Kind = AuditKind.Intent,
            Outcome = AuditOutcome.Pending,
            Action = "update/backup",
            Decision = new AuditDecision { Rule = "os_compute_api:os-create-backup", Allowed = true, Code = "allowed", Revision = Revision },
        };
        await AppendAsync(intent);
        await AppendAsync(intent with
        {
            Id = "22222222-2222-4222-8222-222222222222",
            Kind = AuditKind.Outcome,
            Outcome = AuditOutcome.Success,
            IntentId = intent.Id,
            Reason = new AuditReason { ReasonType = "HTTP", ReasonCode = "202" },
        });
        await AppendAsync(Event(RefusalId) with
        {
            Action = "update/migrate",
            RequestId = "req-33333333",
            Reason = new AuditReason
            {
                ReasonType = "HTTP",
                ReasonCode = "403",
                Code = "denied",
                Text = "Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed.",
            },
            Decision = new AuditDecision { Rule = "os_compute_api:os-migrate-server:...", Allowed = false, Code = "denied", Revision = Revision },
        });
        await AppendAsync(Event("44444444-4444-4444-8444-444444444444") with
        {
            Action = "unknown\n2026 FAKE",
            Initiator = new AuditInitiator { Id = "b0b", Name = "bob", ProjectId = "other", Roles = ["member"] },
            Target = new AuditTarget { Id = Server, TypeUri = "compute/server" },
            Reason = new AuditReason { ReasonType = "HTTP", ReasonCode = "400" },
        });
        clock.Advance(TimeSpan.FromSeconds(1));
        if (withCheckpoints)
        {
            var beside = Path.GetDirectoryName(path)!;
            await using var checkpointer = Checkpointer.Start(
                log, new CheckpointerOptions { File = Path.Combine(beside, "audit.checkpoints"), KeyDirectory = Path.Combine(beside, "audit-keys") }, clock);
            await checkpointer.MakeAsync(CancellationToken.None);
        }

        async Task AppendAsync(AuditEvent e)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await log.AppendAsync(e with { EventTime = clock.GetUtcNow() }, CancellationToken.None);
        }
    }

    private static AuditEvent Event(string id) => new()
    {
        Id = id,
        EventTime = default,
        Kind = AuditKind.Refusal,
        Outcome = AuditOutcome.Failure,
        Action = "update",
        Method = "POST",
        Initiator = new AuditInitiator { Id = "a11ce", Name = "alice", ProjectId = "demo", Roles = ["member", "reader"] },
        Target = new AuditTarget { Id = Server, Name = "web", TypeUri = "compute/server" },
        Observer = new AuditObserver { Id = "gw-1" },
    };
}
