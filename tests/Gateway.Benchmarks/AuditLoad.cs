using System.Diagnostics;
using System.Text.Json;
using Gateway.Audit;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Gateway.Benchmarks;

/// <summary>
/// The record under load, by hand: <c>audit-append</c> (durable records a second and what an append takes, beside the bare store's group commit),
/// <c>audit-generate</c>, <c>audit-verify</c>, <c>audit-index</c> and <c>audit-search</c> over many generated records.
/// </summary>
internal static class AuditLoad
{
    private const int Seconds = 5;

    public static async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            case ["audit-append", var directory, .. var database]: await AppendAsync(directory, database.FirstOrDefault()); return 0;
            case ["audit-generate", var store, var count]: await GenerateAsync(store, int.Parse(count)); return 0;
            case ["audit-verify", var store]: Verify(store); return 0;
            case ["audit-index", var store]: Index(store); return 0;
            case ["audit-index", var store, var count]: Index(store, int.Parse(count)); return 0;
            case ["audit-search", var store]: Search(store); return 0;
            default: return -1;
        }
    }

    private static async Task AppendAsync(string directory, string? database)
    {
        Directory.CreateDirectory(directory);
        foreach (var callers in new[] { 1, 64, 512 })
        {
            var options = new AuditLogOptions { Path = Path.Combine(directory, $"append-{callers}.jsonl"), StreamId = "bench", Deadline = TimeSpan.FromSeconds(10) };
            await using (var log = await AuditLog.OpenAsync(options, TimeProvider.System, CancellationToken.None)) await MeasureAsync($"log in lines, {callers} callers", callers, log);
            var rows = options with { Path = Path.Combine(directory, $"append-{callers}.db") };
            await using (var log = await AuditLog.OpenAsync(rows, TimeProvider.System, CancellationToken.None)) await MeasureAsync($"log on SQLite, {callers} callers", callers, log);
            if (database is not null)
            {
                var stream = $"bench-{callers}-{Guid.NewGuid():N}";
                LetWrite(database, stream);
                await using var log = await PostgresLog.OpenAsync(options with { Path = "db", StreamId = stream }, database, TimeProvider.System);
                await MeasureAsync($"log on PostgreSQL, {callers} callers", callers, log);
            }
        }

        foreach (var batch in new[] { 1, 64, 256 })
        {
            BareSqlite(Path.Combine(directory, $"bare-{batch}.db"), batch);
            if (database is not null) BarePostgres(database, batch);
        }
    }

    /// <summary>The connection is the owner's, who says which chains his role writes.</summary>
    private static void LetWrite(string database, string stream)
    {
        using var connection = new NpgsqlConnection(database);
        connection.Open();
        using var let = new NpgsqlCommand("INSERT INTO audit.writer VALUES ($1, session_user)", connection) { Parameters = { new() { Value = stream } } };
        let.ExecuteNonQuery();
    }

    private static async Task MeasureAsync(string name, int callers, AuditLog log)
    {
        var latencies = new List<double>[callers];
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var own = latencies[caller] = new List<double>();
            for (var i = 0; clock.Elapsed.TotalSeconds < Seconds; i++)
            {
                var began = Stopwatch.GetTimestamp();
                await log.AppendAsync(Event(caller, i), CancellationToken.None);
                own.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        })));
        var all = latencies.SelectMany(own => own).Order().ToArray();
        Console.WriteLine($"{name}: {all.Length / clock.Elapsed.TotalSeconds:F0} records/s, p50 {all[all.Length / 2]:F2} ms, p99 {all[(int)(all.Length * 0.99)]:F2} ms, {log.Status.Committed / (double)log.Status.Batches:F1} records a transaction");
    }

    /// <summary>The same rows into the same kind of file, with nothing of ours around them.</summary>
    private static void BareSqlite(string path, int batch)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE record (sequence INTEGER PRIMARY KEY, previous BLOB, hash BLOB, body BLOB, a TEXT, b TEXT, c TEXT, d TEXT)");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO record VALUES ($s, $p, $p, $b, 'update/backup', 'success', 'user', 'server')";
        var sequence = insert.Parameters.Add("$s", SqliteType.Integer);
        insert.Parameters.AddWithValue("$p", new byte[32]);
        insert.Parameters.AddWithValue("$b", AuditJson.ToUtf8(Event(0, 0)));
        var clock = Stopwatch.StartNew();
        var count = 0L;
        while (clock.Elapsed.TotalSeconds < Seconds)
        {
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            for (var i = 0; i < batch; i++)
            {
                sequence.Value = ++count;
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        Console.WriteLine($"bare SQLite, {batch} rows a transaction: {count / clock.Elapsed.TotalSeconds:F0} rows/s");

        void Run(string sql)
        {
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // This file's own statements.
            command.CommandText = sql;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
    }

    private static void BarePostgres(string database, int batch)
    {
        using var connection = new NpgsqlConnection(database);
        connection.Open();
        var body = AuditJson.ToUtf8(Event(0, 0));
        var stream = $"bare-{Guid.NewGuid():N}";
        LetWrite(database, stream);
        var clock = Stopwatch.StartNew();
        var count = 0L;
        while (clock.Elapsed.TotalSeconds < Seconds)
        {
            using var transaction = connection.BeginTransaction();
            using (var import = connection.BeginBinaryImport(
                "COPY audit.record (stream, sequence, previous, hash, body, id, kind, event_time, action, outcome, initiator_id, target_id) FROM STDIN (FORMAT BINARY)"))
            {
                for (var i = 0; i < batch; i++)
                    import.WriteRow(stream, ++count, new byte[32], new byte[32], body, "id", "refusal", 0L, "update/backup", "success", "user", "server");
                import.Complete();
            }

            transaction.Commit();
        }

        Console.WriteLine($"bare PostgreSQL COPY, {batch} rows a transaction: {count / clock.Elapsed.TotalSeconds:F0} rows/s");
    }

    private static async Task GenerateAsync(string store, int count)
    {
        var clock = Stopwatch.StartNew();
        await GenerateAsync(store, count, segmentBytes: 1L << 30);
        Console.WriteLine($"generated {count} records in {clock.Elapsed.TotalSeconds:F0} s");
    }

    /// <param name="segmentBytes">When the store goes on in a new file; null for one file.</param>
    public static async Task GenerateAsync(string store, int count, long? segmentBytes)
    {
        var options = new AuditLogOptions { Path = store, StreamId = "bench", Deadline = TimeSpan.FromMinutes(1), MaxBatch = 4096, QueueCapacity = 20_000, SegmentBytes = segmentBytes };
        await using var log = await AuditLog.OpenAsync(options, TimeProvider.System, CancellationToken.None);
        var waiting = new Queue<Task>();
        for (var i = 0; i < count; i++)
        {
            waiting.Enqueue(log.AppendAsync(Event(i % 997, i), CancellationToken.None).AsTask());
            if (waiting.Count >= 16_000) await waiting.Dequeue();
        }

        await Task.WhenAll(waiting);
    }

    private static void Verify(string store)
    {
        // Once more: the first reading is the disk's.
        AuditVerifier.Verify(store);
        var clock = Stopwatch.StartNew();
        var report = AuditVerifier.Verify(store);
        Console.WriteLine($"verified {report.Records} records in {clock.Elapsed.TotalSeconds:F1} s, {report.Records / clock.Elapsed.TotalSeconds:F0} a second: {report.Finding?.Message ?? "whole"}");
    }

    private static void Index(string store)
    {
        var clock = Stopwatch.StartNew();
        using var index = AuditIndex.Open(store + ".index", "bench");
        index.CatchUp(AuditSource.Of(store));
        SayIndexed(index, store, clock);
    }

    /// <summary>An index of records that no store has: only the index is searched.</summary>
    private static void Index(string store, int count)
    {
        var clock = Stopwatch.StartNew();
        using var index = AuditIndex.Open(store + ".index", "bench");
        Fill(index, count);
        SayIndexed(index, store, clock);
    }

    public static void Fill(AuditIndex index, int count)
    {
        for (var i = 0; i < count; i += 10_000) index.Add([.. Enumerable.Range(i, Math.Min(10_000, count - i)).AsParallel().AsOrdered().Select(Stored)]);
    }

    public static RecordBytes Stored(int n) => new(n + 1, new byte[32], AuditJson.ToUtf8(Event(n % 997, n)));

    private static void SayIndexed(AuditIndex index, string store, Stopwatch clock) => Console.WriteLine(
        $"indexed {index.Through} records in {clock.Elapsed.TotalSeconds:F1} s, {Environment.CpuUsage.TotalTime.TotalMicroseconds / index.Through:F1} µs of CPU a record, {new FileInfo(store + ".index").Length / index.Through} bytes a record");

    private static void Search(string store)
    {
        using (var index = AuditIndex.Open(store + ".index", "bench")) Console.WriteLine($"{index.Through} records");
        foreach (var (name, search) in Promised().Concat(
        [
            ("by user's name", By("initiator_name=name-7")),
            ("by a rare action", By("action=delete/rare")),
            ("by two actions", By("action=update/migrate,delete/rare")),
            ("by time, a day in the middle", By("time=gte:2026-02-01,lt:2026-02-02")),
            ("by user, not these actions", By("initiator_id=user-123", "action=!update/reboot,!update/backup")),
            ("by project, as its reviewer", By() with { OnlyProject = "project-77" }),
            ("by request id", By("request_id=req-5000000")),
            ("by word", By() with { Text = "server-4567" }),
            ("by two words", By() with { Text = "user-123 migrate" }),
            ("a page in the middle, by user", By("initiator_id=user-123", "time=lt:2026-02-01")),
        ]))
        {
            var times = new List<double>();
            var found = 0;
            for (var i = 0; i < 20; i++)
            {
                var began = Stopwatch.GetTimestamp();
                using (var index = AuditIndex.OpenForSearch(store + ".index", "bench")) found = index.Search(search).Sequences.Count;
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }

            Console.WriteLine($"{name}: first {times[0]:F1} ms, median {times.Order().ElementAt(10):F1} ms, slowest {times.Max():F1} ms, {found} events");
        }

        foreach (var (name, attribute, project) in new (string, string, string?)[] { ("values of action", "action", null), ("values of rule", "rule", null), ("values of action, in a project", "action", "project-77") })
        {
            var began = Stopwatch.GetTimestamp();
            using var index = AuditIndex.OpenForSearch(store + ".index", "bench");
            var values = index.Values(attribute, project, 1000);
            Console.WriteLine($"{name}: {Stopwatch.GetElapsedTime(began).TotalMilliseconds:F1} ms, {values.Count} values");
        }
    }

    /// <summary>User, action, outcome, target and time, in every combination, in both orders.</summary>
    private static IEnumerable<(string Name, EventSearch Search)> Promised()
    {
        (string Name, string Condition)[] one =
            [("user", "initiator_id=user-123"), ("action", "action=update/migrate"), ("outcome", "outcome=failure"), ("target", "target_id=server-4567"), ("time", "time=gte:2026-01-15,lt:2026-02-15")];
        for (var subset = 0; subset < 1 << one.Length; subset++)
        {
            var chosen = one.Where((_, i) => (subset & (1 << i)) != 0).ToList();
            foreach (var order in Enum.GetValues<AuditOrder>())
            {
                var name = chosen.Count == 0 ? "all" : $"by {string.Join(" and ", chosen.Select(condition => condition.Name))}";
                yield return ($"{name}, {(order == AuditOrder.NewestFirst ? "newest" : "oldest")} first", By([.. chosen.Select(condition => condition.Condition)]) with { Order = order });
            }
        }
    }

    private static EventSearch By(params string[] conditions) =>
        new() { Conditions = [.. conditions.SelectMany(one => ConditionText.Parse(one.Split('=', 2)[0], one.Split('=', 2)[1]))] };

    public static AuditEvent Event(int caller, int i)
    {
        string[] actions = ["update/reboot", "update/backup", "update/migrate", "update/stop", "update/start", "read", "read/list", "create"];
        var failed = i % 11 == 0;
        return new AuditEvent
        {
            Id = Guid.NewGuid().ToString(),
            // Ten million of them take two months.
            EventTime = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMilliseconds(i * 518.0),
            Kind = AuditKind.Refusal,
            Outcome = failed ? AuditOutcome.Failure : AuditOutcome.Success,
            Action = i % 100_003 == 0 ? "delete/rare" : actions[(i / 7) % actions.Length],
            Initiator = new AuditInitiator { Id = $"user-{i * 31L % 997}", Name = $"name-{i % 50}", ProjectId = $"project-{i % 101}", HostAddress = "192.0.2.7", Roles = ["member", "reader"], AuthMethods = ["password"] },
            Target = new AuditTarget { Id = $"server-{i * 17L % 20_011}", TypeUri = "compute/server", ProjectId = $"project-{i % 101}" },
            Observer = new AuditObserver { Id = "bench" },
            Reason = new AuditReason { ReasonType = "HTTP", ReasonCode = failed ? "403" : "202", Code = failed ? "policy_denied" : "forwarded" },
            RequestPath = "/v2.1/servers/x/action",
            Method = "POST",
            RequestId = $"req-{i}",
            Decision = new AuditDecision { Rule = "os_compute_api:os-create-backup", Text = "rule:admin_or_owner", Allowed = !failed, Code = failed ? "denied" : "allowed", Revision = "sha256:f25786fee292663132970fbe267d18a8b51448a796552d910e6c52ceefb92dbe", Caller = Caller },
            DurationMs = caller + 0.5,
        };
    }

    private static JsonElement Caller { get; } = JsonElement.Parse("""{"user_id":"u","project_id":"p","roles":["member","reader"],"is_admin_project":true}""");
}
