using Gateway.Peers;

namespace Gateway.Audit.Tests;

/// <summary>What every store keeps to, the file and the database alike.</summary>
public sealed class StoreContractTests(PostgresDatabases server) : IClassFixture<PostgresDatabases>, IDisposable
{
    private readonly List<IDisposable> _used = [];

    public void Dispose() => _used.ForEach(used => used.Dispose());

    public enum Kind
    {
        File,
        Database,
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Database)]
    public async Task A_chain_goes_on_where_it_ended_and_verifies_with_its_checkpoints(Kind kind)
    {
        var store = Make(kind);
        for (var round = 0; round < 3; round++)
        {
            await using var log = await store.OpenAsync();
            await using var checkpointer = Checkpointer.Start(log, store.Checkpoints, TimeProvider.System);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            {
                var intent = Some.Intent() with { RequestId = $"req-{round}-{i}" };
                await log.AppendAsync(intent, default);
                await log.AppendAsync(Some.OutcomeOf(intent), default);
            }));
            await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
        }

        var report = store.Verify(new VerifyOptions
        {
            Checkpoints = CheckpointFile.Read(store.Checkpoints.File),
            Keys = CheckpointKeys.ReadPublic(store.Checkpoints.KeyDirectory),
        });
        Assert.Equal((null, 0), (report.Finding, report.OpenIntents));
        Assert.True(report.Checkpoints >= 9);
        Assert.Equal(Enumerable.Range(1, (int)report.Records).Select(n => (long)n), store.Read().Select(r => r.Sequence));
        Assert.All(store.Read(), r => Assert.Equal(AuditJson.ToUtf8(r.Event), r.Bytes.ToArray()));
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Database)]
    public async Task What_was_left_open_is_closed_as_unknown(Kind kind)
    {
        var store = Make(kind);
        var left = Some.Intent();
        await using (var log = await store.OpenAsync()) await log.AppendAsync(left, default);
        Assert.Equal(1, store.Verify().OpenIntents);
        await using (await store.OpenAsync())
        {
        }

        var recovery = Assert.Single(store.Read(), r => r.Event.Kind == AuditKind.Recovery);
        Assert.Equal((left.Id, "recovered"), (recovery.Event.IntentId, recovery.Event.Reason?.Code));
        Assert.Equal((null, 0), (store.Verify().Finding, store.Verify().OpenIntents));
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Database)]
    public async Task A_start_looks_for_open_intents_from_where_the_last_checkpoint_says(Kind kind)
    {
        var store = Make(kind);
        var left = Some.Intent();
        await using (var log = await store.OpenAsync())
        {
            var closed = Some.Intent();
            await log.AppendAsync(closed, default);
            await log.AppendAsync(Some.OutcomeOf(closed), default);
            await log.AppendAsync(left, default);
            await using (Checkpointer.Start(log, store.Checkpoints, TimeProvider.System))
            {
            }
        }

        var opened = store.Read().Single(r => r.Event.Id == left.Id).Sequence;
        Assert.Equal(opened, CheckpointRecord.Of(store.Read().Last(r => r.Event.Action == LogActions.Checkpoint).Event)!.OpenFloor);
        await using (await store.OpenAsync())
        {
        }

        Assert.Equal(left.Id, Assert.Single(store.Read(), r => r.Event.Kind == AuditKind.Recovery).Event.IntentId);
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Database)]
    public async Task A_second_writer_is_refused(Kind kind)
    {
        var store = Make(kind);
        await using var log = await store.OpenAsync();
        Assert.Contains("already written by", (await Assert.ThrowsAsync<AuditStoreException>(store.OpenAsync)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Kind.File, "UPDATE record SET body = convert_to('{}', 'UTF8') WHERE sequence = 3", VerifyProblem.Edited, 3)]
    [InlineData(Kind.Database, "UPDATE record SET body = convert_to('{}', 'UTF8') WHERE sequence = 3", VerifyProblem.Edited, 3)]
    [InlineData(Kind.File, "DELETE FROM record WHERE sequence = 4", VerifyProblem.Removed, 4)]
    [InlineData(Kind.Database, "DELETE FROM record WHERE sequence = 4", VerifyProblem.Removed, 4)]
    [InlineData(Kind.File, "UPDATE record SET outcome = 'success' WHERE sequence = 3", VerifyProblem.ColumnMismatch, 3)]
    [InlineData(Kind.Database, "UPDATE record SET outcome = 'success' WHERE sequence = 3", VerifyProblem.ColumnMismatch, 3)]
    [InlineData(Kind.File, "UPDATE record SET sequence = sequence + 100 WHERE sequence = 5", VerifyProblem.Reordered, 5)]
    [InlineData(Kind.Database, "UPDATE record SET sequence = sequence + 100 WHERE sequence = 5", VerifyProblem.Reordered, 5)]
    public async Task Tampering_is_named(Kind kind, string sql, VerifyProblem problem, long sequence)
    {
        var store = Make(kind);
        await using (var log = await store.OpenAsync())
            for (var i = 0; i < 8; i++) await log.AppendAsync(Some.Refusal(), default);
        store.Tamper(sql);
        var finding = store.Verify().Finding;
        Assert.Equal((problem, sequence), (finding?.Problem, finding?.Sequence));
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Database)]
    public async Task A_tail_that_was_cut_off_is_missed_by_its_checkpoint(Kind kind)
    {
        var store = Make(kind);
        await using (var log = await store.OpenAsync())
        {
            for (var i = 0; i < 8; i++) await log.AppendAsync(Some.Refusal(), default);
            await using var checkpointer = Checkpointer.Start(log, store.Checkpoints, TimeProvider.System);
        }

        store.CutAfter(6);
        Assert.Null(store.Verify().Finding);
        var finding = store.Verify(new VerifyOptions { Checkpoints = CheckpointFile.Read(store.Checkpoints.File) }).Finding;
        Assert.Equal((VerifyProblem.Truncated, 7L), (finding?.Problem, finding?.Sequence));
        await using var again = await store.OpenAsync();
        Assert.Contains("it was cut short", Assert.Throws<AuditStoreException>(() => Checkpointer.Start(again, store.Checkpoints, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Database)]
    public async Task What_a_database_cannot_hold_as_it_is_raises_no_alarm(Kind kind)
    {
        var store = Make(kind);
        await using (var log = await store.OpenAsync()) await log.AppendAsync(Some.Refusal() with { Target = new AuditTarget { Id = "a\0b", TypeUri = "compute/server" } }, default);
        Assert.Null(store.Verify().Finding);
        store.Tamper("UPDATE record SET target_id = 'c' WHERE sequence = 2");
        Assert.Equal(VerifyProblem.ColumnMismatch, store.Verify().Finding?.Problem);
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Database)]
    public async Task A_rewritten_record_keeps_the_next_checkpoint_from_being_signed(Kind kind)
    {
        var store = Make(kind);
        await using (var log = await store.OpenAsync())
        {
            await using (Checkpointer.Start(log, store.Checkpoints, TimeProvider.System))
            {
            }

            for (var i = 0; i < 8; i++) await log.AppendAsync(Some.Refusal(), default);
        }

        store.Tamper("UPDATE record SET body = convert_to('{}', 'UTF8') WHERE sequence = 8");
        await using var again = await store.OpenAsync();
        Assert.Contains("was signed for other records than the store has", Assert.Throws<AuditStoreException>(() => Checkpointer.Start(again, store.Checkpoints, TimeProvider.System)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_gateways_share_a_database_and_each_has_a_chain_of_its_own()
    {
        var connection = server.NewDatabase();
        var options = new AuditLogOptions { Path = "db", StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(20) };
        await using (var one = await PostgresLog.OpenAsync(options, connection, TimeProvider.System))
        await using (var two = await PostgresLog.OpenAsync(options with { StreamId = "gw-2" }, connection, TimeProvider.System))
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? one : two).AppendAsync(Some.Refusal(), default).AsTask()));
        }

        Assert.Equal((27L, 27L), (PostgresLog.Verify(connection, "gw-1").Records, PostgresLog.Verify(connection, "gw-2").Records));
    }

    [Fact]
    public void The_gateways_role_can_insert_and_read_and_nothing_else()
    {
        var connection = server.NewDatabase();
        foreach (var sql in new[] { "UPDATE audit.record SET action = 'x'", "DELETE FROM audit.record", "TRUNCATE audit.record", "DROP TABLE audit.record", "ALTER TABLE audit.record DISABLE TRIGGER ALL" })
        {
            var error = Assert.Throws<Npgsql.PostgresException>(() => PostgresDatabases.Execute(connection, sql));
            Assert.Equal(Npgsql.PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
        }

        Assert.Contains("never changed", Assert.Throws<Npgsql.PostgresException>(() => PostgresDatabases.Execute(PostgresServer.OwnerOf(connection), "TRUNCATE audit.record")).MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_stopped_fails_appends_and_serves_again_when_it_is_back()
    {
        await using var own = new PostgresDatabases();
        await own.InitializeAsync();
        var connection = own.NewDatabase();
        await using var log = await PostgresLog.OpenAsync(new AuditLogOptions { Path = "db", StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(20), RetryInterval = TimeSpan.FromMilliseconds(100) }, connection, TimeProvider.System);
        var open = Some.Intent();
        await log.AppendAsync(open, default);

        await own.Server.StopAsync();
        Assert.False((await Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(Some.Intent(), default).AsTask())).MayLand);
        Assert.False(log.Status.Available);
        var outcome = log.AppendAsync(Some.OutcomeOf(open), default).AsTask();

        await own.Server.StartAsync();
        await outcome;
        await log.AppendAsync(Some.Refusal(), default);
        Assert.Equal((null, 0), (PostgresLog.Verify(connection, "gw-1").Finding, log.Status.OpenIntents));
    }

    [Fact]
    public async Task A_database_that_hangs_fails_appends_at_their_deadline_and_serves_again_when_it_goes_on()
    {
        await using var own = new PostgresDatabases();
        await own.InitializeAsync();
        var connection = own.NewDatabase();
        await using var log = await PostgresLog.OpenAsync(new AuditLogOptions { Path = "db", StreamId = "gw-1", Deadline = TimeSpan.FromMilliseconds(300), RetryInterval = TimeSpan.FromMilliseconds(100) }, connection, TimeProvider.System);
        await AppendUntilItWorksAsync(log);

        own.Server.Hang();
        var failed = Some.Intent();
        await Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(failed, default).AsTask());
        Assert.Contains("not durable within 300 ms", (await Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(Some.Refusal(), default).AsTask())).Message, StringComparison.Ordinal);
        own.Server.GoOn();

        await AppendUntilItWorksAsync(log);
        while (log.Status.OpenIntents > 0) await Task.Yield();
        Assert.Null(PostgresLog.Verify(connection, "gw-1").Finding);
        Assert.DoesNotContain(AuditSource.Of(connection, "gw-1").Read(new AuditFilter { Order = AuditOrder.OldestFirst }), r => r.Event.Id == failed.Id && !AuditSource.Of(connection, "gw-1").Read(new AuditFilter { Order = AuditOrder.OldestFirst }).Any(c => c.Event.IntentId == failed.Id));
    }

    [Fact]
    public async Task A_filter_lets_the_same_events_through_from_either()
    {
        var stores = new[] { Make(Kind.File), Make(Kind.Database) };
        var intent = Some.Intent() with { RequestId = "req-forwarded" };
        var odd = Some.Refusal() with { Initiator = Some.Initiator() with { Name = "nul\0'; --" }, EventTime = Some.Time.AddHours(3) };
        AuditEvent[] events = [intent, Some.OutcomeOf(intent) with { Backend = new AuditBackend { RequestId = "req-backend" } }, Some.Refusal() with { Initiator = Some.Initiator("u-bob"), RequestId = "req-bob" }, odd];
        foreach (var store in stores)
        {
            await using var log = await store.OpenAsync();
            foreach (var e in events) await log.AppendAsync(e, default);
        }

        foreach (var (filter, count) in new (AuditFilter, int)[]
        {
            (new AuditFilter { Limit = 3 }, 3),
            (new AuditFilter { After = 2, Before = 5, Order = AuditOrder.OldestFirst }, 2),
            (new AuditFilter { User = "bob" }, 1),
            (new AuditFilter { User = "u-bob" }, 1),
            (new AuditFilter { User = "nul\0'; --" }, 1),
            (new AuditFilter { ProjectId = "p-demo", Kind = AuditKind.Intent }, 1),
            (new AuditFilter { Outcome = AuditOutcome.Failure, Action = "update/backup", TargetId = "srv-1" }, 2),
            (new AuditFilter { From = Some.Time.AddHours(2), To = Some.Time.AddHours(4) }, 1),
            (new AuditFilter { RequestId = "req-backend" }, 2),
            (new AuditFilter { RequestId = "req-bob" }, 1),
            (new AuditFilter { RequestId = "req-none" }, 0),
        })
        {
            var found = stores.Select(store => store.Source.Read(filter).Select(stored => stored.Sequence).ToArray()).ToArray();
            Assert.Equal(count, found[0].Length);
            Assert.Equal(found[0], found[1]);
        }

        Assert.Equal(["gw-1", "gw-1"], stores.Select(store => store.Source.Stream));
        Assert.All(stores, store => Assert.Equal(4, store.Source.Find(4)!.Sequence));
        Assert.All(stores, store => Assert.Null(store.Source.Find(99)));
    }

    [Fact]
    public async Task Without_tables_it_says_what_to_do()
    {
        var connection = server.NewDatabase();
        PostgresDatabases.Execute(PostgresServer.OwnerOf(connection), "DROP SCHEMA audit CASCADE");
        var error = await Assert.ThrowsAsync<AuditStoreException>(() => PostgresLog.OpenAsync(new AuditLogOptions { Path = "db", StreamId = "gw-1" }, connection, TimeProvider.System));
        Assert.Equal("there are no tables for the record: run `gatewayctl audit migrate`", Assert.Throws<AuditStoreException>(() => AuditSource.Of(connection, "gw-1").Find(1)).Message);
        Assert.Equal("db: there are no tables for the record: run `gatewayctl audit migrate`", error.Message);
    }

    private static async Task AppendUntilItWorksAsync(AuditLog log)
    {
        while (true)
        {
            try
            {
                await log.AppendAsync(Some.Refusal(), default);
                return;
            }
            catch (AuditUnavailableException)
            {
            }
        }
    }

    private StoreUnderTest Make(Kind kind)
    {
        var temporary = new TemporaryStore();
        _used.Add(temporary);
        return kind == Kind.File ? new FileStore(temporary) : new DatabaseStore(temporary, server.NewDatabase());
    }

    private abstract class StoreUnderTest(TemporaryStore temporary)
    {
        public CheckpointerOptions Checkpoints => new() { File = temporary.Path + ".checkpoints", KeyDirectory = temporary.Path + ".keys" };

        protected static AuditLogOptions Options { get; } = new() { Path = "db", StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(20) };

        public abstract AuditSource Source { get; }

        public abstract Task<AuditLog> OpenAsync();

        public abstract VerifyReport Verify(VerifyOptions? options = null);

        public abstract IEnumerable<StoredAuditEvent> Read();

        public abstract void Tamper(string sql);

        public abstract void CutAfter(long sequence);
    }

    private sealed class FileStore(TemporaryStore temporary) : StoreUnderTest(temporary)
    {
        private readonly TemporaryStore _store = temporary;

        public override AuditSource Source => AuditSource.Of(_store.Path);

        public override Task<AuditLog> OpenAsync() => AuditLog.OpenAsync(Options with { Path = _store.Path }, TimeProvider.System, CancellationToken.None);

        public override VerifyReport Verify(VerifyOptions? options = null) => _store.Verify(options);

        public override IEnumerable<StoredAuditEvent> Read() => _store.ReadAll();

        public override void Tamper(string sql) => _store.Tamper(sql.Replace("convert_to('{}', 'UTF8')", "x'7b7d'", StringComparison.Ordinal));

        public override void CutAfter(long sequence)
        {
            var kept = _store.ReadAll().Take((int)sequence).Select(r => r.Hash.ToArray()).ToList();
            _store.Tamper(
                $"DELETE FROM record WHERE sequence > {sequence}; UPDATE log SET head_sequence = {sequence}, head_hash = @hash, head_peaks = @peaks, open_floor = 1",
                ("@hash", kept[^1]),
                ("@peaks", MerkleFrontier.Empty.Append(kept).ToBytes()));
        }
    }

    private sealed class DatabaseStore(TemporaryStore temporary, string connection) : StoreUnderTest(temporary)
    {
        public override AuditSource Source => AuditSource.Of(connection, "gw-1");

        public override Task<AuditLog> OpenAsync() => PostgresLog.OpenAsync(Options, connection, TimeProvider.System);

        public override VerifyReport Verify(VerifyOptions? options = null) => PostgresLog.Verify(connection, "gw-1", options);

        public override IEnumerable<StoredAuditEvent> Read() => AuditSource.Of(connection, "gw-1").Read(new AuditFilter { Order = AuditOrder.OldestFirst });

        public override void Tamper(string sql) => PostgresDatabases.Execute(
            PostgresServer.OwnerOf(connection),
            $"ALTER TABLE audit.record DISABLE TRIGGER ALL; {sql.Replace(" record ", " audit.record ", StringComparison.Ordinal)}; ALTER TABLE audit.record ENABLE TRIGGER ALL");

        public override void CutAfter(long sequence) => Tamper($"DELETE FROM record WHERE sequence > {sequence}");
    }
}
