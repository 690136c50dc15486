using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gateway.Audit.Tests.Lines;

/// <summary>A file of lines after every crash, and after what no crash can do.</summary>
public sealed class LineStoreTests : IDisposable
{
    private const int Sector = 512;

    private readonly LineDirectory _store = new();

    public void Dispose() => _store.Dispose();

    private static AuditEvent Small(int n) => Some.Refusal() with { Id = $"e{n}", Initiator = new AuditInitiator { Id = "u" }, RequestPath = new string((char)('a' + (n % 26)), 40 + (n * 53 % 200)) };

    /// <summary>A file as a process that was killed left it: a head, then blocks of three records.</summary>
    private byte[] FillBlocks(int blocks)
    {
        using (var writer = _store.Write())
        {
            writer.SetHolder("me");
            for (var block = 0; block < blocks; block++) writer.Append(Small(block * 3), Small((block * 3) + 1), Small((block * 3) + 2));
        }

        return _store.Bytes();
    }

    [Fact]
    public void A_file_cut_at_any_byte_of_its_last_block_keeps_its_whole_lines_and_goes_on()
    {
        using (var writer = _store.Write())
        {
            writer.SetHolder("me");
            for (var block = 0; block < 3; block++) writer.Append(Small(block * 2), Small((block * 2) + 1));
        }

        var file = _store.Bytes();
        var last = PlainLines.Blocks(file)[^1];
        for (var cut = last; cut < file.Length; cut++)
        {
            _store.Restore(file.AsSpan(0, cut));
            var whole = PlainLines.Of(file[..cut]).Where(line => line.IsWhole).ToList();
            var records = whole.Count(line => line.Number is not null);
            Assert.InRange(records, 4, 6);

            using (var writer = _store.Write())
            {
                Assert.Equal(records, writer.Head.Sequence);
                writer.Append(Small(100));
            }

            var kept = whole[^1].End;
            Assert.Equal(file[..kept], _store.Bytes()[..kept]);
            if (kept == cut)
            {
                Assert.Empty(_store.Unfinished);
            }
            else
            {
                Assert.Equal($"{_store.Path}.unfinished-{kept}", Assert.Single(_store.Unfinished));
                Assert.Equal(file[kept..cut], File.ReadAllBytes(_store.Unfinished[0]));
            }

            // Verifying takes longer than all the rest.
            if (cut % 23 == 0 || kept == cut) _store.AssertIntact(records + 1);
        }
    }

    [Fact]
    public void A_file_whose_first_block_was_never_finished_begins_after_its_first_line()
    {
        using (var writer = _store.Write()) writer.Append(Small(1), Small(2));
        var file = _store.Bytes();
        var first = PlainLines.Of(file)[0].End;
        for (var cut = first; cut < file.Length; cut += 13)
        {
            _store.Restore(file.AsSpan(0, cut));
            var records = PlainLines.Of(file[..cut]).Count(line => line is { IsWhole: true, Number: not null });
            Assert.Equal((null, records), (_store.Verify().Finding?.Message, _store.Verify().Records));
            using (var writer = _store.Write())
            {
                Assert.Equal(records, writer.Head.Sequence);
                writer.Append(Small(3));
            }

            _store.AssertIntact(records + 1);
        }
    }

    [Fact]
    public async Task A_log_opens_after_a_cut_and_closes_the_intents_that_are_left()
    {
        using (var writer = _store.Write())
        {
            writer.SetHolder("me");
            var first = Some.Intent();
            writer.Append(first, Some.Intent());
            writer.Append(Some.OutcomeOf(first), Some.Intent());
        }

        var file = _store.Bytes();
        for (var cut = PlainLines.Blocks(file)[^1]; cut < file.Length; cut += 97)
        {
            _store.Restore(file.AsSpan(0, cut));
            var records = PlainLines.Of(file[..cut]).Count(line => line is { IsWhole: true, Number: not null });
            var crashed = _store.Verify();
            Assert.Null(crashed.Finding);
            await using (await _store.OpenAsync())
            {
            }

            Assert.Equal((null, 0), (_store.Verify().Finding?.Message, _store.Verify().OpenIntents));
            Assert.Equal(records + crashed.OpenIntents + 2, _store.Verify().Records);
        }
    }

    [Fact]
    public void Sectors_that_were_never_written_end_the_last_block_and_cost_nothing_before_it()
    {
        var file = FillBlocks(blocks: 4);
        var last = PlainLines.Blocks(file)[^1];
        List<int> edges = [last, .. Enumerable.Range(0, file.Length).Where(at => at > last && at % Sector == 0), file.Length];
        var damaged = edges.SelectMany(_ => edges, (from, to) => (from, to)).Where(range => range.from < range.to).ToList();
        Assert.True(damaged.Count >= 6);
        foreach (var (from, to) in damaged)
        {
            var bytes = file.ToArray();
            bytes.AsSpan(from, to - from).Clear();
            _store.Restore(bytes);
            var first = PlainLines.Of(bytes).First(line => line.End > from);
            var records = PlainLines.Of(bytes[..first.At]).Count(line => line.Number is not null);
            Assert.InRange(records, 9, 11);
            Assert.Null(_store.Verify().Finding);
            using (var reader = LineFile.Open(_store.Path))
            {
                for (var n = 0; n < 16; n++)
                {
                    Assert.Equal(Enumerable.Range(n + 1, 16).Where(number => number <= records).Select(number => (long)number), reader.After(n).Select(record => record.Sequence));
                    Assert.Equal(n >= 1 && n <= records ? n : null, reader.Find(n)?.Sequence);
                    Assert.Equal(Enumerable.Range(1, Math.Min(n, records)).Reverse().Select(number => (long)number), reader.Before(n + 1).Select(record => record.Sequence));
                }
            }

            using (var writer = _store.Write())
            {
                Assert.Equal(records, writer.Head.Sequence);
                writer.Append(Small(100));
            }

            Assert.Equal(bytes[first.At..], File.ReadAllBytes($"{_store.Path}.unfinished-{first.At}"));
            _store.AssertIntact(records + 1);
        }
    }

    [Fact]
    public void Sectors_missing_from_two_places_and_a_cut_at_the_end_are_a_crash_too()
    {
        using (var writer = _store.Write())
        {
            writer.Append(Small(0));
            writer.Append([.. Enumerable.Range(1, 20).Select(Small)]);
        }

        var file = _store.Bytes();
        var sector = ((PlainLines.Blocks(file)[^1] / Sector) + 3) * Sector;
        var bytes = file[..^10];
        bytes.AsSpan(sector, Sector).Clear();
        bytes.AsSpan(sector + (3 * Sector), 2 * Sector).Clear();
        _store.Restore(bytes);
        var records = PlainLines.Of(bytes[..sector]).Count(line => line is { IsWhole: true, Number: not null });

        using (var writer = _store.Write()) Assert.Equal(records, writer.Head.Sequence);
        _store.AssertIntact(records);
    }

    [Fact]
    public void Sectors_missing_from_an_earlier_block_are_refused_and_the_record_is_named()
    {
        var file = FillBlocks(blocks: 4);
        var blocks = PlainLines.Blocks(file);
        var (from, to) = (blocks[2], blocks[3]);
        for (var at = ((from / Sector) + 1) * Sector; at + Sector <= to; at += Sector)
        {
            var bytes = file.ToArray();
            bytes.AsSpan(at, Sector).Clear();
            _store.Restore(bytes);
            var line = PlainLines.Of(file).First(line => line.End > at);
            AssertRefused($"{_store.Path}: record {line.Number} does not hold; verify the store and restore it, or begin a new one");
            Assert.Equal(bytes, _store.Bytes());
        }
    }

    [Fact]
    public void A_byte_changed_in_a_block_before_the_last_is_refused()
    {
        var file = FillBlocks(blocks: 4);
        var blocks = PlainLines.Blocks(file);
        foreach (var change in (Func<byte, byte>[])[b => (byte)(b ^ 1), b => (byte)(b == 0x0b ? 0x0c : 0x0b), _ => 0, _ => (byte)'\n'])
        {
            for (var at = blocks[2]; at < blocks[3]; at += 11)
            {
                var bytes = file.ToArray();
                bytes[at] = change(bytes[at]);
                if (bytes[at] == file[at]) continue;
                _store.Restore(bytes);
                var error = Assert.Throws<AuditStoreException>(_store.Write);
                Assert.Matches("record [4-7] does not hold; verify the store and restore it, or begin a new one$", error.Message);
                Assert.Equal(bytes, _store.Bytes());
                Assert.Empty(_store.Unfinished);
            }
        }
    }

    [Fact]
    public void A_byte_changed_before_the_last_head_is_found_by_verifying()
    {
        FillBlocks(blocks: 2);
        using (var writer = _store.Write()) writer.SetHolder("you");
        using (var writer = _store.Write()) writer.SetHolder(null);
        var file = _store.Bytes();
        var blocks = PlainLines.Blocks(file);
        for (var at = blocks[1]; at < blocks[3]; at += 19)
        {
            var bytes = file.ToArray();
            bytes[at] ^= 2;
            _store.Restore(bytes);
            Assert.True(_store.Verify().Finding is not null, $"byte {at} of {PlainLines.Of(file).Last(line => line.At <= at).Number}");
        }
    }

    [Fact]
    public void A_line_that_was_taken_out_put_in_or_moved_is_refused()
    {
        var file = FillBlocks(blocks: 3);
        var lines = PlainLines.Of(file).Select(line => file[line.At..line.End]).ToList();
        for (var i = 4; i < lines.Count - 4; i++)
        {
            if (lines[i].Length == 1) continue;
            byte[][][] changed = [[.. lines[..i], .. lines[(i + 1)..]], [.. lines[..i], lines[i], .. lines[i..]], [.. lines[..i], lines[i + 1], lines[i], .. lines[(i + 2)..]]];
            foreach (var order in changed)
            {
                if (lines[i + 1].Length == 1 && order.Length == lines.Count) continue;
                _store.Restore([.. order.SelectMany(line => line)]);
                Assert.Contains(" does not hold; ", Assert.Throws<AuditStoreException>(_store.Write).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_head_that_is_not_that_of_the_record_before_it_is_refused()
    {
        FillBlocks(blocks: 2);
        using (var writer = _store.Write()) writer.SetHolder("you");
        using (var writer = _store.Write()) writer.Append(Small(50));
        var text = Encoding.UTF8.GetString(_store.Bytes());
        var head = text.LastIndexOf("{\"head\":{\"sequence\":6", StringComparison.Ordinal);
        File.WriteAllText(_store.Path, text[..head] + text[head..].Replace("{\"head\":{\"sequence\":6", "{\"head\":{\"sequence\":5", StringComparison.Ordinal));
        AssertRefused($"{_store.Path}: the head noted at byte {head} is not record 6; verify the store and restore it, or begin a new one");

        File.WriteAllText(_store.Path, text[..head] + text[head..].Replace("\"peaks\":\"", "\"peaks\":\"AAAA", StringComparison.Ordinal));
        AssertRefused($"{_store.Path}: the tree noted at record 6 does not hold: 67 bytes are not the peaks of a tree of 6; verify the store and restore it, or begin a new one");
    }

    [Fact]
    public async Task A_file_that_is_no_store_of_this_gateway_is_refused_with_a_reason()
    {
        Directory.CreateDirectory(_store.Path);
        Assert.StartsWith(_store.Path, (await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync)).Message, StringComparison.Ordinal);
        Directory.Delete(_store.Path);

        await using (await _store.OpenAsync())
        {
        }

        var file = _store.Bytes();
        var header = PlainLines.Of(file)[0].End;
        foreach (var cut in new[] { 1, 12, header - 1 })
        {
            _store.Restore(file.AsSpan(0, cut));
            AssertRefused($"{_store.Path}: not an audit store, or its first line is damaged; verify it, and restore it or begin a new one");
        }

        _store.Restore(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(file).Replace("\"stream\":\"gw-1\"", "\"stream\":\"gw-2\"", StringComparison.Ordinal)));
        AssertRefused($"{_store.Path}: belongs to stream `gw-2`, not to `gw-1`; give each gateway a store of its own");

        _store.Restore(file.AsSpan(0, header));
        using (var writer = _store.Write()) Assert.Equal(0, writer.Head.Sequence);
    }

    [Fact]
    public async Task A_file_moved_away_fails_appends_and_serves_again_when_it_is_back()
    {
        await using var log = await _store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        File.Move(_store.Path, _store.Path + ".away");

        var first = await FailsAsync(log);
        var second = await FailsAsync(log);

        var message = $"the record was not stored: {_store.Path}: the file was deleted or moved while in use; put it back";
        Assert.Equal([(message, false), (message, false)], [(first.Message, first.MayLand), (second.Message, second.MayLand)]);
        Assert.False(File.Exists(_store.Path));

        File.Move(_store.Path + ".away", _store.Path);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        _store.AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_file_replaced_by_another_is_not_touched()
    {
        await using var log = await _store.OpenAsync();
        File.Copy(_store.Path, _store.Path + ".old");
        await log.AppendAsync(Some.Refusal(), default);
        File.Move(_store.Path, _store.Path + ".right");
        File.Move(_store.Path + ".old", _store.Path);
        var before = _store.Bytes();

        Assert.Contains("the file was replaced while in use; put it back", (await FailsAsync(log)).Message, StringComparison.Ordinal);
        Assert.Contains("the file was replaced while in use; put it back", (await FailsAsync(log)).Message, StringComparison.Ordinal);
        Assert.Equal(before, _store.Bytes());

        File.Move(_store.Path + ".right", _store.Path, overwrite: true);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        _store.AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_file_cut_short_while_in_use_fails_appends_until_it_is_as_it_was()
    {
        await using var log = await _store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        await log.AppendAsync(Some.Refusal(), default);
        var file = _store.Bytes();
        foreach (var length in new[] { file.Length - 1, file.Length - 700, PlainLines.Blocks(file)[^1], 30, 0 })
        {
            InPlace(file.AsSpan(0, length));
            var changed = (await FailsAsync(log)).Message;
            Assert.Contains($"has {length} bytes, {file.Length} were written: it was changed while in use; put the right file back", changed, StringComparison.Ordinal);
            var still = (await FailsAsync(log)).Message;
            Assert.Contains(length > 30 ? $"has {length} bytes, {file.Length} were written: it was cut short while in use; put the right file back" : "its first line is damaged", still, StringComparison.Ordinal);
            Assert.Equal(length, new FileInfo(_store.Path).Length);

            InPlace(file);
            await log.AppendAsync(Some.Refusal(), default);
            file = _store.Bytes();
        }

        _store.AssertIntact(records: 8);
        Assert.Empty(_store.Unfinished);

        void InPlace(ReadOnlySpan<byte> bytes)
        {
            using var stream = new FileStream(_store.Path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite);
            stream.Write(bytes);
        }
    }

    [Fact]
    public async Task A_file_that_grew_while_in_use_fails_an_append_and_loses_nothing_of_ours()
    {
        await using var log = await _store.OpenAsync();
        await log.AppendAsync(Some.Refusal(), default);
        var file = _store.Bytes();
        File.AppendAllText(_store.Path, "something else\n");

        var error = await FailsAsync(log);

        Assert.Equal($"the record was not stored: {_store.Path}: has {file.Length + 15} bytes, {file.Length} were written: it was changed while in use; put the right file back", error.Message);
        Assert.False(error.MayLand);
        using (var stream = new FileStream(_store.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(file.Length);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        Assert.Equal(file, _store.Bytes()[..file.Length]);
        _store.AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_block_that_fails_before_it_is_written_leaves_nothing_behind()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        var intent = Some.Intent();
        await log.AppendAsync(intent, default);
        gate.FailOnce();
        var lost = Some.Intent();

        Assert.False((await Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(lost, default).AsTask())).MayLand);
        gate.FailOnce();
        Assert.Equal(3, (await log.AppendAsync(Some.OutcomeOf(intent), default)).Sequence);

        Assert.DoesNotContain(lost.Id, _store.ReadAll().Select(r => r.Event.Id));
        _store.AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_block_in_doubt_that_is_whole_when_the_file_is_back_is_kept()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        gate.DoOnce(() => File.Move(_store.Path, _store.Path + ".away"));
        var intent = Some.Intent();

        var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(intent, default).AsTask());
        Assert.True(error.MayLand);
        File.Move(_store.Path + ".away", _store.Path);
        await log.AppendAsync(Some.Refusal(), default);

        Assert.True(await error.Settled!);
        var records = _store.ReadAll().Select(r => r.Event).ToList();
        Assert.Equal([AuditKind.Lifecycle, AuditKind.Intent, AuditKind.Recovery, AuditKind.Refusal], records.Select(e => e.Kind));
        Assert.Equal((intent.Id, "late"), (records[2].IntentId, records[2].Reason?.Code));
        _store.AssertIntact(records: 4);
    }

    [Fact]
    public async Task A_block_in_doubt_that_was_cut_away_is_settled_as_lost_only_by_the_right_file()
    {
        using var gate = new CommitGate();
        _store.Options = _store.Options with { BeforeCommit = gate.Pass };
        await using var log = await _store.OpenAsync();
        var before = _store.Bytes();
        gate.DoOnce(() =>
        {
            File.Move(_store.Path, _store.Path + ".away");
            File.WriteAllBytes(_store.Path, before);
        });

        var error = await Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(Some.Refusal(), default).AsTask());

        Assert.True(error.MayLand);
        await FailsAsync(log);
        Assert.Equal(before, _store.Bytes());
        File.Move(_store.Path + ".away", _store.Path, overwrite: true);
        Assert.Equal(3, (await log.AppendAsync(Some.Refusal(), default)).Sequence);
        Assert.True(await error.Settled!);
        _store.AssertIntact(records: 3);
    }

    [Fact]
    public async Task A_full_store_fails_appends_keeps_what_it_has_and_goes_on_when_it_may_grow()
    {
        _store.Options = _store.Options with { MaxStoreBytes = 20_000 };
        var stored = new List<string>();
        AuditUnavailableException? error = null;
        await using (var log = await _store.OpenAsync())
        {
            while (log.Status.Available)
            {
                var e = Some.Refusal();
                try
                {
                    await log.AppendAsync(e, default);
                    stored.Add(e.Id);
                }
                catch (AuditUnavailableException full)
                {
                    error ??= full;
                }
            }
        }

        Assert.Equal($"the record was not stored: {_store.Path}: the disk or the store is full; free some space", error!.Message);
        Assert.False(error.MayLand);
        Assert.InRange(stored.Count, 5, 100);
        Assert.InRange(new FileInfo(_store.Path).Length, 1, 20_000);
        Assert.Equal(stored, _store.ReadAll().Skip(1).Select(r => r.Event.Id));
        _store.AssertIntact(stored.Count + 1);

        _store.Options = _store.Options with { MaxStoreBytes = null };
        await using var again = await _store.OpenAsync();
        Assert.Equal(stored.Count + 2, again.Status.Sequence);
    }

    [Fact]
    public async Task A_full_disk_fails_appends_and_the_log_goes_on_when_there_is_space_again()
    {
        using var disk = SmallDisk.TryMount(megabytes: 2);
        Assert.True(disk is not null, SmallDisk.NeedsRoot);
        var path = Path.Combine(disk.Path, "audit.jsonl");
        _store.Options = _store.Options with { Path = path };
        var stored = new List<string>();
        var lost = new List<string>();
        var open = Some.Intent();
        await using (var log = await _store.OpenAsync())
        {
            await log.AppendAsync(open, default);
            disk.Fill();
            do
            {
                // Larger than a page, so that a part of it finds room.
                var events = Enumerable.Range(0, 4).Select(_ => Some.Refusal() with { RequestPath = new string('p', 3000) }).ToList();
                foreach (var (e, append) in events.Select(e => (e, log.AppendAsync(e, default).AsTask())).ToList())
                {
                    try
                    {
                        await append;
                        stored.Add(e.Id);
                    }
                    catch (AuditUnavailableException error)
                    {
                        Assert.False(error.MayLand);
                        Assert.StartsWith("the record was not stored: " + path, error.Message, StringComparison.Ordinal);
                        lost.Add(e.Id);
                    }
                }
            }
            while (log.Status.Available);

            Assert.NotEmpty(lost);
            Assert.Equal([open.Id, .. stored], AuditReader.Read(path, new AuditFilter { Order = AuditOrder.OldestFirst }).Skip(1).Select(r => r.Event.Id));
            Assert.Null(AuditVerifier.Verify(path).Finding);
            var outcome = log.AppendAsync(Some.OutcomeOf(open), default).AsTask();
            disk.Free();
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

        var report = AuditVerifier.Verify(path);
        Assert.Equal((null, 0), (report.Finding?.Message, report.OpenIntents));
        var ids = AuditReader.Read(path, new AuditFilter()).Select(r => r.Event.Id).ToHashSet();
        Assert.All(stored, id => Assert.Contains(id, ids));
        Assert.DoesNotContain(lost, ids.Contains);
    }

    [Fact]
    public async Task A_store_on_a_read_only_disk_can_be_read_and_verified_but_not_opened()
    {
        using var disk = SmallDisk.TryMount(megabytes: 2);
        Assert.True(disk is not null, SmallDisk.NeedsRoot);
        _store.Options = _store.Options with { Path = Path.Combine(disk.Path, "audit.jsonl") };
        await using (await _store.OpenAsync())
        {
        }

        disk.MakeReadOnly();

        Assert.StartsWith($"{_store.Options.Path}.lock: cannot be locked: ", (await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync)).Message, StringComparison.Ordinal);
        Assert.Equal(2, AuditReader.Read(_store.Options.Path, new AuditFilter()).Count());
        Assert.True(AuditVerifier.Verify(_store.Options.Path).IsIntact);
    }

    [Fact]
    public async Task Every_acknowledged_record_survives_being_killed_again_and_again()
    {
        var acknowledged = new List<(long Sequence, string Id)>();
        foreach (var count in new[] { 1, 40, 300, 1500, 77, 10 })
        {
            acknowledged.AddRange(await AppenderProcess.RunUntilAsync(_store.Path, count));
            Assert.Null(_store.Verify().Finding);
        }

        await using (await _store.OpenAsync())
        {
        }

        var records = _store.ReadAll();
        var stored = records.ToDictionary(r => r.Event.Id, r => r.Sequence);
        Assert.All(acknowledged, a => Assert.Equal(a.Sequence, stored.GetValueOrDefault(a.Id)));
        Assert.Equal(Enumerable.Range(1, records.Count).Select(n => (long)n), records.Select(r => r.Sequence));
        Assert.Equal((null, 0), (_store.Verify().Finding?.Message, _store.Verify().OpenIntents));
    }

    [Fact]
    public async Task Two_logs_cannot_write_one_file_and_the_second_is_told_who_does()
    {
        await using var log = await _store.OpenAsync();
        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);
        Assert.StartsWith($"{_store.Path}: already written by gateway `gw-1`, process {Environment.ProcessId} on ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("only marked")]
    [InlineData("named, and the next not yet in its place")]
    [InlineData("done")]
    public async Task A_crash_around_the_sealing_of_a_file_is_gone_on_from(string moment)
    {
        FillBlocks(blocks: 2);
        using (var store = LineStore.OpenOrCreate(_store.Options, new Chain("gw-1"), _store.Time)) store.Seal(_store.Time);
        var segment = AuditSegments.PathOf(_store.Path, 1);
        if (moment != "done") File.Move(_store.Path, _store.Path + ".new");
        if (moment == "only marked") File.Move(segment, _store.Path);

        await using (await _store.OpenAsync())
        {
        }

        Assert.Equal(moment != "only marked", File.Exists(segment));
        _store.AssertIntact(records: 8);
        Assert.Equal(Enumerable.Range(1, 8).Select(n => (long)n), _store.ReadAll().Select(r => r.Sequence));
    }

    [Fact]
    public void What_was_written_long_ago_is_not_kept_in_memory_and_is_still_there()
    {
        var path = new string('x', 4000);
        using (var writer = _store.Write())
        {
            for (var n = 0; n < 400; n++) writer.Append([.. Enumerable.Range(0, 4).Select(one => Small((4 * n) + one) with { RequestPath = path })]);
            var (kept, kind) = (Run("fincore", "-b", "-n", "-o", "RES", _store.Path), Run("stat", "-f", "-c", "%T", _store.Path));

            // What lies in memory alone cannot be let go.
            Assert.InRange(new FileInfo(_store.Path).Length, 6_000_000, 10_000_000);
            if (kind != "tmpfs") Assert.InRange(long.Parse(kept, CultureInfo.InvariantCulture), 0, 3 << 20);
        }

        _store.AssertIntact(records: 1600);
        Assert.Equal(Enumerable.Range(0, 1600).Select(n => $"e{n}"), _store.ReadAll().Select(record => record.Event.Id));
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private void AssertRefused(string message) => Assert.Equal(message, Assert.Throws<AuditStoreException>(_store.Write).Message);

    private static Task<AuditUnavailableException> FailsAsync(AuditLog log) =>
        Assert.ThrowsAsync<AuditUnavailableException>(() => log.AppendAsync(Some.Refusal(), default).AsTask());
}
