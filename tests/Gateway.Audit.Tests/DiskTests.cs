namespace Gateway.Audit.Tests;

/// <summary>Real disks that are full or read-only.</summary>
public sealed class DiskTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_full_disk_fails_appends_and_the_log_goes_on_when_there_is_space_again()
    {
        using var disk = SmallDisk.TryMount(megabytes: 4);
        Assert.True(disk is not null, SmallDisk.NeedsRoot);
        _store.Options = _store.Options with { Path = Path.Combine(disk.Path, "audit.jsonl") };
        var stored = new List<string>();
        var lost = new List<string>();
        var open = Some.Intent();
        await using (var log = await _store.OpenAsync())
        {
            await log.AppendAsync(open, default);
            var errors = new List<AuditUnavailableException>();

            // What was written in part is cut off again, so it takes some rounds until nothing is left.
            do
            {
                disk.Fill();
                var e = Some.Refusal();
                try
                {
                    await log.AppendAsync(e, default);
                    stored.Add(e.Id);
                }
                catch (AuditUnavailableException error)
                {
                    errors.Add(error);
                    if (!error.MayLand) lost.Add(e.Id);
                }
            }
            while (log.Status.Available);

            Assert.StartsWith($"the record was not stored: {_store.Options.Path}: the disk or the store is full; free some space", errors[0].Message, StringComparison.Ordinal);
            Assert.False(errors[0].MayLand);
            var outcome = log.AppendAsync(Some.OutcomeOf(open), default).AsTask();

            disk.Free();

            // An attempt that began while the disk was full may still fail, and takes with it what has come meanwhile.
            for (var attempt = 1; ; attempt++)
            {
                var after = Some.Refusal();
                try
                {
                    await log.AppendAsync(after, default);
                    stored.Add(after.Id);
                    break;
                }
                catch (AuditUnavailableException e) when (!e.MayLand && attempt < 10)
                {
                    lost.Add(after.Id);
                }
            }

            await outcome;
        }

        var report = AuditVerifier.Verify(_store.Options.Path);
        Assert.Null(report.Finding);
        Assert.Equal(0, report.OpenIntents);
        var ids = AuditReader.Read(_store.Options.Path, new AuditFilter()).Select(r => r.Event.Id).ToHashSet();
        Assert.All(stored, id => Assert.Contains(id, ids));
        Assert.DoesNotContain(lost, ids.Contains);
    }

    [Fact]
    public async Task A_store_on_a_read_only_disk_can_be_read_and_verified_but_not_opened()
    {
        using var disk = SmallDisk.TryMount(megabytes: 4);
        Assert.True(disk is not null, SmallDisk.NeedsRoot);
        _store.Options = _store.Options with { Path = Path.Combine(disk.Path, "audit #1.jsonl") };
        await _store.OpenAsync().ContinueWith(t => t.Result.DisposeAsync().AsTask(), TaskScheduler.Default).Unwrap();
        disk.MakeReadOnly();

        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

        Assert.StartsWith($"{_store.Options.Path}.lock: cannot be locked: Read-only file system", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, AuditReader.Read(_store.Options.Path, new AuditFilter()).Count());
        Assert.True(AuditVerifier.Verify(_store.Options.Path).IsIntact);
    }
}
