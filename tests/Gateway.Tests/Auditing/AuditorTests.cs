using System.Text;
using Gateway.Audit;
using Gateway.Auditing;
using Gateway.FrontDoor;
using Gateway.Policies;
using Gateway.Tests.Actions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Auditing;

/// <summary>What each class of action gets while the store fails, and what the record says afterwards.</summary>
public sealed class AuditorTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("auditor-").FullName;
    private AuditRecord _record = null!;

    private string Store => Path.Combine(_directory, "audit.jsonl");

    public async ValueTask InitializeAsync() => _record = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await _record.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_strict_action_is_refused_while_the_store_is_gone()
    {
        Break();
        Assert.True((await Auditor("strict").IntendAsync(Backup())).IsRefused(out _, out var refusal));
        Assert.Equal((503, "audit_unavailable"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public async Task A_bounded_action_goes_on_and_its_records_follow_when_the_store_is_back()
    {
        Break();
        var auditor = Auditor("bounded");
        var call = Backup();
        Assert.False((await auditor.IntendAsync(call)).IsRefused(out var intent, out _));
        Assert.True(intent!.IsSpooled);
        Assert.True(await auditor.ConcludeAsync(call, intent, new CallEnd(202, "forwarded", TimeSpan.FromMilliseconds(3))));
        Assert.Equal(2, auditor.Spooled);

        Mend();
        await UntilMovedAsync();
        var records = Records().Where(e => e.Kind != AuditKind.Lifecycle).ToList();
        Assert.Equal([AuditKind.Intent, AuditKind.Outcome], records.Select(e => e.Kind));
        Assert.Equal(records[0].Id, records[1].IntentId);
        Assert.Equal("""["audit_spooled"]""", records[0].Attachments.Single(a => a.Name == "degraded").Content.ToString());
        Assert.Null(AuditVerifier.Verify(Store).Finding);
    }

    [Fact]
    public async Task What_waits_in_the_spool_survives_the_process_and_an_intent_left_in_it_is_closed()
    {
        Break();
        var auditor = Auditor("bounded");
        Assert.False((await auditor.IntendAsync(Backup())).IsRefused(out _, out _));
        await _record.DisposeAsync();
        Mend();
        _record = await OpenAsync();

        var records = Records().Where(e => e.Kind != AuditKind.Lifecycle).ToList();
        Assert.Equal([(AuditKind.Intent, AuditOutcome.Pending), (AuditKind.Outcome, AuditOutcome.Unknown)], records.Select(e => (e.Kind, e.Outcome)));
        Assert.Equal(0, _record.Spool.Count);
        Assert.Equal(0, AuditVerifier.Verify(Store).OpenIntents);
    }

    [Fact]
    public async Task A_full_spool_refuses_as_strict_does()
    {
        await _record.DisposeAsync();
        _record = await OpenAsync(spoolBytes: 100);
        Break();
        Assert.True((await Auditor("bounded").IntendAsync(Backup())).IsRefused(out _, out var refusal));
        Assert.Equal((503, "audit_unavailable"), (refusal.Status, refusal.Code));
        Assert.Contains("the spool is full at 100 bytes", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_best_effort_action_goes_on_and_what_is_lost_is_counted()
    {
        Break();
        var auditor = Auditor("best-effort");
        var call = Backup();
        Assert.False((await auditor.IntendAsync(call)).IsRefused(out var intent, out _));
        Assert.True(await auditor.ConcludeAsync(call, intent!, new CallEnd(200, "forwarded", TimeSpan.Zero)));
        var refusal = new Refusal(403, "policy_denied", "no");
        Assert.Same(refusal, await auditor.RefuseAsync(call, refusal));
        while (auditor.Lost < 2) await Task.Yield();
        Assert.Empty(Directory.GetFiles(_directory, "audit.spool"));
    }

    [Fact]
    public async Task A_best_effort_action_leaves_one_record()
    {
        var auditor = Auditor("best-effort");
        var call = Backup();
        Assert.False((await auditor.IntendAsync(call)).IsRefused(out var intent, out _));
        await auditor.ConcludeAsync(call, intent!, new CallEnd(200, "forwarded", TimeSpan.Zero));
        await _record.DisposeAsync();

        Assert.Equal([(AuditKind.Access, AuditOutcome.Success)], Records().Where(e => e.Kind != AuditKind.Lifecycle).Select(e => (e.Kind, e.Outcome)));
    }

    [Fact]
    public async Task Nothing_is_kept_of_an_allowed_call_at_level_none_but_a_refusal_is()
    {
        var auditor = Auditor("strict", "none");
        var call = Backup();
        Assert.False((await auditor.IntendAsync(call)).IsRefused(out var intent, out _));
        await auditor.ConcludeAsync(call, intent!, new CallEnd(200, "forwarded", TimeSpan.Zero));
        await auditor.RefuseAsync(call, new Refusal(403, "policy_denied", "no"));
        await _record.DisposeAsync();

        var refusal = Assert.Single(Records(), e => e.Kind != AuditKind.Lifecycle);
        Assert.Equal((AuditKind.Refusal, null), (refusal.Kind, (object?)refusal.Body));
    }

    [Fact]
    public async Task A_new_file_of_the_record_holds_the_rules_that_decide()
    {
        await _record.DisposeAsync();
        _record = await OpenAsync(segmentMegabytes: 1);
        var auditor = Auditor("strict");
        await auditor.StartedAsync();
        await auditor.SegmentBegunAsync();
        while (_record.Log.SegmentsBegun == 0) await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => auditor.RefuseAsync(Backup(), new Refusal(403, "policy_denied", "no"))));
        await auditor.SegmentBegunAsync();
        await auditor.SegmentBegunAsync();
        Assert.Equal(2, Records().Count(e => e.Action == "start/policy"));
    }

    [Fact]
    public async Task An_outcome_that_waits_in_the_spool_is_not_turned_into_unknown_at_the_next_start()
    {
        var auditor = Auditor("bounded");
        var call = Backup();
        Break();
        Assert.False((await auditor.IntendAsync(call)).IsRefused(out var intent, out _));
        Mend();
        await UntilMovedAsync();
        Assert.True(await auditor.ConcludeAsync(call, intent!, new CallEnd(202, "forwarded", TimeSpan.Zero)));
        await _record.DisposeAsync();
        _record = await OpenAsync();

        Assert.Equal([AuditOutcome.Pending, AuditOutcome.Success], Records().Where(e => e.Kind != AuditKind.Lifecycle).Select(e => e.Outcome));
    }

    private Task<AuditRecord> OpenAsync(long spoolBytes = 1 << 20, int segmentMegabytes = 1024) => AuditingRegistration.OpenAsync(
        new AuditingOptions { DeadlineMilliseconds = 20_000, SpoolBytes = spoolBytes, SegmentMegabytes = segmentMegabytes }, _directory, TimeProvider.System);

    private Auditor Auditor(string durability, string level = "request")
    {
        var rules = SomeRules.Store($"rules: [{{actions: [\"*\"], level: {level}, durability: {durability}}}]");
        var policies = PolicyStore.Open(new PolicyStoreOptions(), [], NullLogger<PolicyStore>.Instance);
        return new Auditor(
            _record, new AuditEventFactory(new AuditObserver { Id = "gateway-1" }, rules, TimeProvider.System), rules, policies, NullLogger<Auditor>.Instance);
    }

    private static CallRecord Backup()
    {
        const string Body = """{"createBackup": {"name": "b", "backup_type": "d", "rotation": 1}}""";
        return new CallRecord("req-1", "POST", Requests.ActionPath, Peer: null) { Action = Requests.Action(Body).Action, Body = Encoding.UTF8.GetBytes(Body) };
    }

    private void Break() => File.Move(Store, Store + ".away");

    private void Mend() => File.Move(Store + ".away", Store);

    private async Task UntilMovedAsync()
    {
        while (_record.Spool.Count > 0)
        {
            await _record.Spool.DrainAsync(_record.Log);
            await Task.Yield();
        }
    }

    private IEnumerable<AuditEvent> Records() => AuditReader.Read(Store, new AuditFilter { Order = AuditOrder.OldestFirst }).Select(stored => stored.Event);
}
