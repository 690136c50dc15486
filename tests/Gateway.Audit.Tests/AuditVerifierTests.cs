using System.Text;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit.Tests;

/// <summary>Each test does to a SQLite store of 12 records (1 opened, 2 to 11 five calls, 12 closed) what somebody would who has the file.</summary>
public sealed class AuditVerifierTests : IDisposable
{
    private const string Body = "CAST(replace(CAST(body AS TEXT), 'srv-1', 'srv-2') AS BLOB)";

    private readonly TemporaryStore _store = TemporaryStore.Sqlite();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task An_untouched_store_is_intact()
    {
        await _store.FillAsync(calls: 5);

        var report = _store.Verify();

        Assert.True(report.IsIntact);
        Assert.Equal((12, 12, 0, "gw-1"), (report.Records, report.HeadSequence, report.OpenIntents, report.Stream));
        Assert.Equal(_store.ReadAll()[^1].Hash.ToArray(), report.HeadHash.ToArray());
    }

    [Fact]
    public async Task Finds_edited_bytes()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper($"UPDATE record SET body = {Body}, target_id = 'srv-2' WHERE sequence = 5");

        AssertFound(VerifyProblem.Edited, 5, "record 5 was edited: its bytes do not give its hash");
        Assert.Equal(4, _store.Verify().Records);
    }

    [Fact]
    public async Task Finds_edited_bytes_of_the_last_record()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("UPDATE record SET body = CAST(CAST(body AS TEXT) || ' ' AS BLOB) WHERE sequence = 12");

        AssertFound(VerifyProblem.Edited, 12, "record 12 was edited: its bytes do not give its hash");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(12)]
    public async Task Finds_an_edited_hash(int sequence)
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper($"UPDATE record SET hash = zeroblob(32) WHERE sequence = {sequence}");

        AssertFound(VerifyProblem.Edited, sequence, $"record {sequence} was edited: its stored hash was changed, its bytes were not");
    }

    [Fact]
    public async Task Finds_an_edited_link()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("UPDATE record SET previous = zeroblob(32) WHERE sequence = 5");

        Assert.Equal((VerifyProblem.Edited, 5), Found());
    }

    [Fact]
    public async Task Finds_bytes_and_link_edited_together()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper($"UPDATE record SET body = {Body}, previous = zeroblob(32) WHERE sequence = 5");

        AssertFound(VerifyProblem.Edited, 5, "record 5 was edited: neither its bytes nor its link fit its hash");
    }

    [Theory]
    [InlineData("body = CAST(body AS TEXT)")]
    [InlineData("hash = substr(hash, 1, 31)")]
    [InlineData("previous = hex(previous)")]
    public async Task Finds_values_of_another_type_or_length(string change)
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper($"UPDATE record SET {change} WHERE sequence = 5");

        Assert.Equal((VerifyProblem.Edited, 5), Found());
    }

    [Fact]
    public async Task Finds_a_removed_record()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("DELETE FROM record WHERE sequence = 5");

        AssertFound(VerifyProblem.Removed, 5, "record 5 was removed");
    }

    [Fact]
    public async Task Finds_the_first_of_several_removed_records()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("DELETE FROM record WHERE sequence BETWEEN 5 AND 7");

        AssertFound(VerifyProblem.Removed, 5, "records 5 to 7 were removed");
    }

    [Fact]
    public async Task Finds_a_removed_beginning()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("DELETE FROM record WHERE sequence < 4");

        AssertFound(VerifyProblem.Removed, 1, "records 1 to 3 were removed");
    }

    [Fact]
    public async Task Finds_a_removed_record_when_the_rest_was_renumbered()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("DELETE FROM record WHERE sequence = 5; UPDATE record SET sequence = sequence - 1 WHERE sequence > 5; UPDATE log SET head_sequence = 11");

        AssertFound(VerifyProblem.Removed, 5, "record 5 was removed: the one in its place belongs at 6");
    }

    [Fact]
    public async Task Finds_two_records_exchanged()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(Move(4, -1) + Move(9, 4) + Move(-1, 9));

        AssertFound(
            VerifyProblem.Reordered,
            4,
            "records were reordered: the one at 4 belongs at 9, and the one that belongs at 4 stands at 9");
    }

    [Fact]
    public async Task Finds_neighbours_exchanged()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(Move(4, -1) + Move(5, 4) + Move(-1, 5));

        Assert.Equal((VerifyProblem.Reordered, 4), Found());
    }

    [Fact]
    public async Task Finds_a_record_moved_back_with_the_others_renumbered()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(Move(5, -1) + Move(6, 5) + Move(7, 6) + Move(8, 7) + Move(-1, 8));

        AssertFound(
            VerifyProblem.Reordered,
            5,
            "records were reordered: the one at 5 belongs at 6, and the one that belongs at 5 stands at 8");
    }

    [Fact]
    public async Task Finds_a_record_moved_far_behind_the_end()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(Move(5, 5000));

        AssertFound(VerifyProblem.Reordered, 5, "records were reordered: the one that belongs at 5 stands at 5000");
    }

    [Fact]
    public async Task Finds_the_bytes_of_two_records_exchanged()
    {
        await _store.FillAsync(calls: 5);
        var rows = _store.ReadAll();
        _store.Tamper(
            "UPDATE record SET body = @b9 WHERE sequence = 4; UPDATE record SET body = @b4 WHERE sequence = 9",
            ("@b4", rows[3].Bytes.ToArray()),
            ("@b9", rows[8].Bytes.ToArray()));

        AssertFound(VerifyProblem.Reordered, 4, "records were reordered: the bytes that belong at 4 stand at 9");
    }

    [Fact]
    public async Task Finds_an_inserted_record()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(MakeRoomAt(5) + Copy(4, 5) + $"UPDATE record SET body = {Body}, hash = randomblob(32), previous = randomblob(32) WHERE sequence = 5");

        AssertFound(VerifyProblem.Inserted, 5, "record 5 was inserted: it is not of the chain, and the one that belongs there stands at 6");
    }

    [Fact]
    public async Task Finds_an_inserted_record_that_was_linked_to_the_one_before()
    {
        await _store.FillAsync(calls: 5);
        var before = _store.ReadAll()[3];
        var body = AuditJson.ToUtf8(Some.Refusal());
        _store.Tamper(
            MakeRoomAt(5) + Copy(4, 5) + "UPDATE record SET body = @body, previous = @previous, hash = @hash WHERE sequence = 5",
            ("@body", body),
            ("@previous", before.Hash.ToArray()),
            ("@hash", OtherChain.Hash("gw-1", 5, before.Hash.Span, body)));
        RederiveColumns(5);

        AssertFound(
            VerifyProblem.Inserted,
            5,
            "two records claim number 5: the one that stands there and the one that stands at 6; one of them was inserted");
    }

    [Fact]
    public async Task Finds_a_copied_record()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(MakeRoomAt(8) + Copy(5, 8));

        AssertFound(VerifyProblem.Duplicate, 8, "record 8 is a copy of record 5");
    }

    [Fact]
    public async Task Finds_a_record_overwritten_with_a_copy()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("DELETE FROM record WHERE sequence = 8;" + Copy(5, 8));

        Assert.Equal((VerifyProblem.Duplicate, 8), Found());
    }

    [Fact]
    public async Task Finds_records_before_the_first()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(Copy(5, 0));

        AssertFound(VerifyProblem.Inserted, 0, "record 0 was inserted: the log begins at 1");
    }

    [Fact]
    public async Task Finds_a_record_rewritten_together_with_its_hash()
    {
        await _store.FillAsync(calls: 5);
        Rewrite(5);

        AssertFound(
            VerifyProblem.BrokenLink,
            6,
            "record 6 is whole but does not follow the record 5 that stands before it; record 5 was rewritten together with its hash");
    }

    [Fact]
    public async Task Finds_the_last_record_rewritten_together_with_its_hash()
    {
        await _store.FillAsync(calls: 5);
        Rewrite(12);

        AssertFound(
            VerifyProblem.HeadMismatch,
            12,
            "record 12 is not the one that the recorded head names; it was rewritten, or the head was");
    }

    [Fact]
    public async Task Finds_a_tail_that_was_cut_off()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("DELETE FROM record WHERE sequence > 9");

        AssertFound(VerifyProblem.Truncated, 10, "records 10 to 12 are missing at the end");
    }

    [Fact]
    public async Task Finds_a_tail_cut_off_together_with_the_head_by_a_head_noted_elsewhere()
    {
        await _store.FillAsync(calls: 5);
        var noted = _store.Verify();
        var peaks = MerkleFrontier.Empty.Append(_store.ReadAll().Take(9).Select(r => r.Hash.ToArray())).ToBytes();
        _store.Tamper(
            "DELETE FROM record WHERE sequence > 9; UPDATE log SET head_peaks = @peaks, (head_sequence, head_hash) = (SELECT sequence, hash FROM record WHERE sequence = 9)",
            ("@peaks", peaks));

        Assert.True(_store.Verify().IsIntact);
        AssertFound(
            VerifyProblem.Truncated,
            10,
            "the log ends at 9, but its record 12 was noted elsewhere",
            new VerifyOptions { KnownHead = (noted.HeadSequence, noted.HeadHash) });
    }

    [Fact]
    public async Task Finds_a_log_rewritten_to_the_end_by_a_head_noted_elsewhere()
    {
        await _store.FillAsync(calls: 5);
        var noted = _store.Verify();
        _store.Tamper($"UPDATE record SET body = {Body}, target_id = 'srv-2' WHERE sequence = 5");
        OtherChain.Rechain(_store);

        Assert.True(_store.Verify().IsIntact);
        AssertFound(
            VerifyProblem.HeadMismatch,
            12,
            "record 12 is not the one that was noted elsewhere; it or one before it was rewritten, or this is another log",
            new VerifyOptions { KnownHead = (noted.HeadSequence, noted.HeadHash) });
    }

    [Fact]
    public async Task A_log_that_grew_still_passes_through_the_head_noted_before()
    {
        await _store.FillAsync(calls: 2);
        var noted = _store.Verify();
        await _store.FillAsync(calls: 2);

        Assert.True(_store.Verify(new VerifyOptions { KnownHead = (noted.HeadSequence, noted.HeadHash) }).IsIntact);
    }

    [Fact]
    public async Task Finds_records_after_the_recorded_head()
    {
        await _store.FillAsync(calls: 5);
        var last = _store.ReadAll()[^1];
        _store.Tamper(
            Copy(12, 13) + "UPDATE record SET previous = @previous, hash = @hash WHERE sequence = 13",
            ("@previous", last.Hash.ToArray()),
            ("@hash", OtherChain.Hash("gw-1", 13, last.Hash.Span, last.Bytes.Span)));

        AssertFound(VerifyProblem.Inserted, 13, "record 13 stands after the recorded head 12");
    }

    [Fact]
    public async Task Finds_foreign_records_after_the_recorded_head()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(Copy(5, 13));

        AssertFound(VerifyProblem.Inserted, 13, "record 13 was inserted after the recorded head 12");
    }

    [Theory]
    [InlineData("id", "'x'")]
    [InlineData("kind", "'refusal'")]
    [InlineData("event_time", "event_time + 1")]
    [InlineData("action", "'update/reboot'")]
    [InlineData("outcome", "'failure'")]
    [InlineData("initiator_id", "'u-bob'")]
    [InlineData("initiator_name", "NULL")]
    [InlineData("initiator_name", "CAST(initiator_name AS BLOB)")]
    [InlineData("project_id", "'p-other'")]
    [InlineData("target_id", "'srv-2'")]
    [InlineData("request_id", "NULL")]
    [InlineData("intent_id", "'x'")]
    public async Task Finds_a_search_column_that_does_not_say_what_the_record_says(string column, string value)
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper($"UPDATE record SET {column} = {value} WHERE sequence = 5");

        AssertFound(VerifyProblem.ColumnMismatch, 5, $"record 5: column `{column}` does not say what the record says");
    }

    [Fact]
    public async Task Finds_an_outcome_without_its_intent()
    {
        await _store.FillAsync(calls: 5);
        var intent = _store.ReadAll()[3].Event.Id;
        _store.Tamper("DELETE FROM record WHERE sequence = 4; UPDATE record SET sequence = sequence - 1 WHERE sequence > 4");
        OtherChain.Rechain(_store);

        AssertFound(VerifyProblem.OutcomeWithoutIntent, 4, $"record 4 closes the intent `{intent}`, which is not open: there is none, or it was closed before");
    }

    [Fact]
    public async Task Finds_a_second_outcome()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper(MakeRoomAt(6) + Copy(5, 6));
        OtherChain.Rechain(_store);

        Assert.Equal((VerifyProblem.OutcomeWithoutIntent, 6), Found());
    }

    [Fact]
    public async Task Finds_bytes_that_are_no_event_under_a_chain_that_holds()
    {
        await _store.FillAsync(calls: 5);
        _store.Tamper("UPDATE record SET body = x'7b7d' WHERE sequence = 5");
        OtherChain.Rechain(_store);

        AssertFound(VerifyProblem.Unreadable, 5, "record 5 holds, but is not an audit event: it has no id or no kind");
    }

    [Fact]
    public async Task Counts_open_intents_and_finds_one_that_recovery_would_miss()
    {
        await using (var log = await _store.OpenAsync()) await log.AppendAsync(Some.Intent(), default);
        var report = _store.Verify();
        Assert.Equal((true, 1), (report.IsIntact, report.OpenIntents));

        _store.Tamper("UPDATE log SET open_floor = 3");

        AssertFound(VerifyProblem.ColumnMismatch, 2, "record 2 is an open intent, but the log says none is open before 3");
    }

    [Fact]
    public async Task Finds_the_store_of_another_stream()
    {
        await _store.FillAsync(calls: 1);

        var report = _store.Verify(new VerifyOptions { Stream = "gw-2" });

        Assert.Equal(new VerifyFinding(VerifyProblem.WrongStream, null, "the store is of stream `gw-1`, not `gw-2`"), report.Finding);
    }

    [Fact]
    public async Task Finds_a_store_renamed_to_another_stream()
    {
        await _store.FillAsync(calls: 1);
        _store.Tamper("UPDATE log SET stream = 'gw-2'");

        Assert.Equal((VerifyProblem.Edited, 1), Found());
    }

    [Theory]
    [InlineData("DROP TRIGGER record_is_never_deleted", "record_is_never_deleted")]
    [InlineData("CREATE INDEX by_user ON record (initiator_id) WHERE initiator_id <> 'u-bob'", "by_user")]
    [InlineData("CREATE TRIGGER hide AFTER INSERT ON record BEGIN DELETE FROM record WHERE initiator_id = 'u-bob'; END", "hide")]
    [InlineData("ALTER TABLE record RENAME TO hidden; CREATE VIEW record AS SELECT * FROM hidden", "record")]
    public async Task Finds_a_changed_schema(string change, string name)
    {
        await _store.FillAsync(calls: 1);
        using (var connection = new SqliteConnection($"Data Source={_store.Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = change;
            command.ExecuteNonQuery();
        }

        var finding = _store.Verify().Finding;

        Assert.Equal((VerifyProblem.StoreDamaged, $"the file's schema was changed: `{name}` is not as it was made"), (finding?.Problem, finding?.Message));
    }

    [Fact]
    public async Task Verifies_many_pages_while_the_log_is_written()
    {
        await using var log = await _store.OpenAsync();
        for (var i = 0; i < 24; i++) await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => log.AppendAsync(Some.Refusal(), default).AsTask()));
        var seen = new List<long>();

        var report = _store.Verify(new VerifyOptions { Progress = new Seen(seen, () => log.AppendAsync(Some.Refusal(), default).AsTask().Wait()) });

        Assert.Null(report.Finding);
        Assert.Equal([1024, 2048], seen.Take(2));
        // What was appended meanwhile may have been read, or not.
        Assert.InRange(report.Records, 12001, 12001 + seen.Count);
    }

    [Fact]
    public void Says_when_the_file_is_not_an_audit_store()
    {
        File.WriteAllText(_store.Path, new string('x', 5000));
        var missing = _store.Path + ".none";

        Assert.Equal(
            $"{_store.Path}: cannot be read as an audit store: SQLite Error 26: 'file is not a database'.",
            Assert.Throws<AuditStoreException>(() => _store.Verify()).Message);
        Assert.Equal($"{missing}: no such file", Assert.Throws<AuditStoreException>(() => AuditVerifier.Verify(missing)).Message);
    }

    private static string Move(int from, int to) => $"UPDATE record SET sequence = {to} WHERE sequence = {from};";

    private static string Copy(int from, int to) =>
        $"""
        INSERT INTO record SELECT {to}, previous, hash, body, id, kind, event_time, action, outcome,
            initiator_id, initiator_name, project_id, target_id, request_id, intent_id FROM record WHERE sequence = {from};
        """;

    private static string MakeRoomAt(int sequence) =>
        $"""
        UPDATE record SET sequence = -sequence - 1 WHERE sequence >= {sequence};
        UPDATE record SET sequence = -sequence WHERE sequence < 0;
        UPDATE log SET head_sequence = head_sequence + 1;
        """;

    /// <summary>Changes a record and gives it the hash that its new bytes have, but leaves those after it.</summary>
    private void Rewrite(int sequence)
    {
        var rows = _store.ReadAll();
        var body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(rows[sequence - 1].Bytes.Span).Replace("gw-1", "gw-9", StringComparison.Ordinal));
        _store.Tamper(
            $"UPDATE record SET body = @body, hash = @hash WHERE sequence = {sequence}",
            ("@body", body),
            ("@hash", OtherChain.Hash("gw-1", sequence, rows[sequence - 2].Hash.Span, body)));
        RederiveColumns(sequence);
    }

    private void RederiveColumns(int sequence)
    {
        var e = _store.ReadAll().Single(r => r.Sequence == sequence).Event;
        _store.Tamper(
            $"""
            UPDATE record SET id = @id, kind = @kind, outcome = @outcome, initiator_id = @initiator, initiator_name = @name, target_id = @target, intent_id = @intent
            WHERE sequence = {sequence}
            """,
            ("@id", e.Id),
            ("@kind", e.Kind.ToString().ToLowerInvariant()),
            ("@outcome", e.Outcome.ToString().ToLowerInvariant()),
            ("@initiator", e.Initiator.Id),
            ("@name", (object?)e.Initiator.Name ?? DBNull.Value),
            ("@target", e.Target.Id),
            ("@intent", (object?)e.IntentId ?? DBNull.Value));
    }

    private (VerifyProblem?, long?) Found(VerifyOptions? options = null)
    {
        var finding = _store.Verify(options).Finding;
        return (finding?.Problem, finding?.Sequence);
    }

    private void AssertFound(VerifyProblem problem, long sequence, string message, VerifyOptions? options = null) =>
        Assert.Equal(new VerifyFinding(problem, sequence, message), _store.Verify(options).Finding);

    private sealed class Seen(List<long> seen, Action then) : IProgress<long>
    {
        public void Report(long value)
        {
            seen.Add(value);
            then();
        }
    }
}
