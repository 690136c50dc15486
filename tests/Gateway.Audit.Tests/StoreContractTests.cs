using Gateway.Peers;

namespace Gateway.Audit.Tests;

/// <summary>What every store keeps to, the files and the database alike.</summary>
public sealed class StoreContractTests(PostgresDatabases server) : IClassFixture<PostgresDatabases>, IDisposable
{
    private readonly List<IDisposable> _used = [];

    public void Dispose() => _used.ForEach(used => used.Dispose());

    public enum Kind
    {
        Lines,
        File,
        Database,
    }

    [Theory]
    [InlineData(Kind.Lines)]
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
    [InlineData(Kind.Lines)]
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
    [InlineData(Kind.Lines)]
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
    [InlineData(Kind.Lines)]
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
    public async Task Tampering_with_rows_is_named(Kind kind, string sql, VerifyProblem problem, long sequence)
    {
        var store = Make(kind);
        await using (var log = await store.OpenAsync())
            for (var i = 0; i < 8; i++) await log.AppendAsync(Some.Refusal(), default);
        store.Tamper(sql);
        var finding = store.Verify().Finding;
        Assert.Equal((problem, sequence), (finding?.Problem, finding?.Sequence));
    }

    [Theory]
    [InlineData("edited", VerifyProblem.Edited, 3)]
    [InlineData("removed", VerifyProblem.Removed, 4)]
    [InlineData("exchanged", VerifyProblem.Reordered, 5)]
    [InlineData("repeated", VerifyProblem.Duplicate, 6)]
    [InlineData("numbered", VerifyProblem.Reordered, 5)]
    [InlineData("added", VerifyProblem.Duplicate, 5)]
    public async Task Tampering_with_lines_is_named(string how, VerifyProblem problem, long sequence)
    {
        using var store = new TemporaryStore();
        await using (var log = await store.OpenAsync())
            for (var i = 0; i < 8; i++) await log.AppendAsync(Some.Refusal(), default);
        store.Edit(lines =>
        {
            int At(long number) => lines.FindIndex(line => TemporaryStore.IsRecord(line, number));
            switch (how)
            {
                case "edited":
                    lines[At(3)] = lines[At(3)].Replace("u-alice", "u-alicf", StringComparison.Ordinal);
                    break;
                case "removed":
                    lines.RemoveAt(At(4));
                    break;
                case "exchanged":
                    (lines[At(5)], lines[At(8)]) = (lines[At(8)], lines[At(5)]);
                    break;
                case "repeated":
                    lines.Insert(At(6) + 1, lines[At(6)]);
                    break;
                case "numbered":
                    lines[At(5)] = lines[At(5)].Replace("{\"sequence\":5,", "{\"sequence\":105,", StringComparison.Ordinal);
                    break;
                default:
                    lines.AddRange(["", lines[At(5)], ""]);
                    break;
            }

            return lines;
        });
        var finding = store.Verify().Finding;
        Assert.Equal((problem, sequence), (finding?.Problem, finding?.Sequence));
    }

    [Theory]
    [InlineData(Kind.Lines)]
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
    [InlineData(Kind.Lines)]
    [InlineData(Kind.File)]
    [InlineData(Kind.Database)]
    public async Task What_a_database_cannot_hold_as_it_is_raises_no_alarm(Kind kind)
    {
        var store = Make(kind);
        await using (var log = await store.OpenAsync()) await log.AppendAsync(Some.Refusal() with { Target = new AuditTarget { Id = "a\0b", TypeUri = "compute/server" } }, default);
        Assert.Null(store.Verify().Finding);
        if (kind == Kind.Lines) return;
        store.Tamper("UPDATE record SET target_id = 'c' WHERE sequence = 2");
        Assert.Equal(VerifyProblem.ColumnMismatch, store.Verify().Finding?.Problem);
    }

    // A store of lines is not even opened.
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

        store.EmptyBody(8);
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
    public async Task A_role_writes_the_chains_that_it_was_given_and_no_other()
    {
        var connection = server.NewDatabase();
        var other = WithRole(connection, "gateway_b");
        Assert.Empty(PostgresMigrations.Apply(PostgresServer.OwnerOf(connection), "gateway_b", "gw-2"));
        Assert.Equal([("gw-1", "gateway"), ("gw-2", "gateway_b")], PostgresMigrations.Writers(PostgresServer.OwnerOf(connection)));
        var options = new AuditLogOptions { Path = "db", StreamId = "gw-2", Deadline = TimeSpan.FromSeconds(20) };
        await using var two = await PostgresLog.OpenAsync(options, other, TimeProvider.System);
        await two.AppendAsync(Some.Refusal(), default);

        const string Row = "SELECT 'gw-2', 3, hash, hash, body, id, kind, event_time, action, outcome, initiator_id, initiator_name, project_id, target_id, request_id, intent_id FROM audit.record WHERE stream = 'gw-2' LIMIT 1";
        foreach (var sql in new[]
        {
            $"INSERT INTO audit.record {Row}",
            "SELECT audit.take('gw-2')",
            "INSERT INTO audit.writer VALUES ('gw-2', 'gateway')",
            "UPDATE audit.writer SET role = 'gateway'",
            "DELETE FROM audit.session",
            "ALTER TABLE audit.record DISABLE TRIGGER record_is_of_its_writer",
            "CREATE OR REPLACE FUNCTION audit.may_write(chain text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "SET ROLE gateway_b",
            "SET SESSION AUTHORIZATION gateway_b",
            "SET session_replication_role = replica",
        })
        {
            var error = Assert.Throws<Npgsql.PostgresException>(() => PostgresDatabases.Execute(connection, sql));
            Assert.Equal((Npgsql.PostgresErrorCodes.InsufficientPrivilege, sql), (error.SqlState, sql));
        }

        // Nor by the way that a gateway writes; the number that comes next would be kept from it while such a row waits for its end.
        Assert.Equal(Npgsql.PostgresErrorCodes.InsufficientPrivilege, Assert.Throws<Npgsql.PostgresException>(() => Copy(connection, "gw-2", 4)).SqlState);
        Assert.Equal(
            "db: the role may not write the chain of `gw-2`: run `gatewayctl audit migrate --writer ROLE --stream gw-2`",
            (await Assert.ThrowsAsync<AuditStoreException>(() => PostgresLog.OpenAsync(options, connection, TimeProvider.System))).Message);
        await two.AppendAsync(Some.Refusal(), default);
        await two.DisposeAsync();
        Assert.Equal((null, 4L), (PostgresLog.Verify(connection, "gw-2").Finding, PostgresLog.Verify(connection, "gw-2").Records));
    }

    [Fact]
    public async Task No_other_role_can_keep_a_gateway_from_its_chain()
    {
        var connection = server.NewDatabase();
        using var other = new Npgsql.NpgsqlConnection(WithRole(connection, "gateway_c") + ";Pooling=false");
        PostgresMigrations.Apply(PostgresServer.OwnerOf(connection), "gateway_c", "gw-3");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using (var take = new Npgsql.NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended('audit:gw-1', 0)), audit.take('gw-3')", other))
            await take.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var options = new AuditLogOptions { Path = "db", StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(20) };
        await using (var log = await PostgresLog.OpenAsync(options, connection, TimeProvider.System)) await log.AppendAsync(Some.Refusal(), default);
        await using (await PostgresLog.OpenAsync(options, connection, TimeProvider.System))
        {
            // Given up when it was closed, and taken again.
        }
    }

    [Fact]
    public async Task A_database_of_an_older_version_goes_on_as_it_was_once_it_is_brought_up_to_date()
    {
        var connection = server.Server.NewDatabase();
        var owner = PostgresServer.OwnerOf(connection);
        Assert.Equal([1], PostgresMigrations.Apply(owner, 1, null, []));
        PostgresDatabases.Execute(owner, "GRANT USAGE ON SCHEMA audit TO gateway; GRANT SELECT, INSERT ON audit.record TO gateway");
        var options = new AuditLogOptions { Path = "db", StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(20) };
        Assert.Equal(
            "db: the tables are those of an older version: run `gatewayctl audit migrate`",
            (await Assert.ThrowsAsync<AuditStoreException>(() => PostgresLog.OpenAsync(options, connection, TimeProvider.System))).Message);
        Copy(connection, "gw-9");

        Assert.Equal([2], PostgresMigrations.Apply(owner));

        Assert.Equal([("gw-9", "gateway")], PostgresMigrations.Writers(owner));
        Copy(connection, "gw-9", 2);
        await Assert.ThrowsAsync<AuditStoreException>(() => PostgresLog.OpenAsync(options, connection, TimeProvider.System));
        PostgresMigrations.Apply(owner, "gateway", "gw-1");
        await using (await PostgresLog.OpenAsync(options, connection, TimeProvider.System))
        {
        }

        Assert.Contains("owns the tables", Assert.Throws<AuditStoreException>(() => PostgresMigrations.Apply(owner, "owner", "gw-1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_whose_other_side_is_gone_is_noticed_by_both()
    {
        var connection = server.NewDatabase();
        await using var log = await PostgresLog.OpenAsync(new AuditLogOptions { Path = "db", StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(20) }, connection, TimeProvider.System);
        await log.AppendAsync(Some.Refusal(), default);

        // The kernel's own list: state 01 is established, timer 02 keepalive, its end in hundredths of a second.
        var port = $":{server.Server.Port:X4}";
        var own = await QueryAsync("SELECT client_port FROM pg_stat_activity WHERE application_name = 'gateway gw-1' AND datname = current_database()");
        for (var i = 0; ; i++)
        {
            var sockets = File.ReadLines("/proc/net/tcp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(row => row.Length > 5 && row[3] == "01" && row[1..3].Any(end => end.EndsWith(port, StringComparison.Ordinal)) && row[1..3].Any(end => end.EndsWith($":{own:X4}", StringComparison.Ordinal)))
                .Select(row => row[5].Split(':')).ToArray();
            if (sockets.Length == 2 && sockets.All(timer => timer[0] == "02" && Convert.ToInt64(timer[1], 16) <= 1000)) break;
            Assert.True(i < 1000, string.Join(", ", sockets.Select(timer => string.Join(':', timer))));
            await Task.Yield();
        }

        async Task<int> QueryAsync(string sql)
        {
            await using var asking = new Npgsql.NpgsqlConnection(PostgresServer.OwnerOf(connection) + ";Pooling=false");
            await asking.OpenAsync(TestContext.Current.CancellationToken);
#pragma warning disable CA2100 // The test's own text.
            await using var command = new Npgsql.NpgsqlCommand(sql, asking);
#pragma warning restore CA2100
            return (int)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }
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
    public async Task A_filter_lets_the_same_events_through_from_each()
    {
        var stores = new[] { Make(Kind.File), Make(Kind.Database), Make(Kind.Lines) };
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
            Assert.All(found, sequences => Assert.Equal(found[0], sequences));
        }

        Assert.All(stores, store => Assert.Equal("gw-1", store.Source.Stream));
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

    /// <summary>The same database, as a role that there is from now on.</summary>
    private static string WithRole(string connection, string role)
    {
        PostgresDatabases.Execute(
            PostgresServer.OwnerOf(connection), $"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} LOGIN; END IF; END $$");
        return connection.Replace("Username=gateway", $"Username={role}", StringComparison.Ordinal);
    }

    /// <summary>A row as a gateway brings one.</summary>
    private static void Copy(string connection, string stream, long sequence = 1)
    {
        using var open = new Npgsql.NpgsqlConnection(connection + ";Pooling=false");
        open.Open();
        using var import = open.BeginBinaryImport(
            "COPY audit.record (stream, sequence, previous, hash, body, id, kind, event_time, action, outcome, initiator_id, target_id) FROM STDIN (FORMAT BINARY)");
        import.WriteRow(stream, sequence, new byte[32], new byte[32], "{}"u8.ToArray(), "id", "refusal", 0L, "read", "failure", "user", "server");
        import.Complete();
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
        var temporary = kind == Kind.Lines ? new TemporaryStore() : TemporaryStore.Sqlite();
        _used.Add(temporary);
        return kind != Kind.Database ? new FileStore(temporary) : new DatabaseStore(temporary, server.NewDatabase());
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

        public abstract void EmptyBody(long sequence);

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

        public override void EmptyBody(long sequence) => _store.EditBody(sequence, _ => "{}");

        public override void CutAfter(long sequence) => _store.CutAfter(sequence);
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

        public override void EmptyBody(long sequence) => Tamper($"UPDATE record SET body = convert_to('{{}}', 'UTF8') WHERE sequence = {sequence}");

        public override void CutAfter(long sequence) => Tamper($"DELETE FROM record WHERE sequence > {sequence}");
    }
}
