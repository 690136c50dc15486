namespace Gateway.Audit.Tests;

/// <summary>Which files a log opens, and which it refuses.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task A_second_writer_is_refused_and_told_who_holds_the_store()
    {
        await using (await _store.OpenAsync())
        {
            var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

            Assert.Equal(
                $"{_store.Path}: already written by gateway `gw-1`, process {Environment.ProcessId} on `{Environment.MachineName}` since 2026-03-04T05:06:07Z; "
                + "stop it, or give this gateway a store of its own",
                error.Message);
        }

        await using var free = await _store.OpenAsync();
        Assert.True(free.Status.Available);
    }

    [Fact]
    public async Task The_store_of_another_stream_is_refused()
    {
        await _store.FillAsync(calls: 1);
        _store.Options = _store.Options with { StreamId = "gw-2" };

        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

        Assert.Equal($"{_store.Path}: belongs to stream `gw-1`, not to `gw-2`; give each gateway a store of its own", error.Message);
    }

    [Theory]
    [InlineData("UPDATE record SET body = x'7b7d' WHERE sequence = 4", "record 4 does not hold; verify the store and restore it, or begin a new one")]
    [InlineData("DELETE FROM record WHERE sequence = 3", "record 4 does not hold; verify the store and restore it, or begin a new one")]
    [InlineData("DELETE FROM record WHERE sequence = 4", "the recorded head is 4:")]
    [InlineData("UPDATE log SET head_hash = zeroblob(32)", "the recorded head is 4:000000000000, the last record is 4:")]
    [InlineData("DELETE FROM log", "the row that describes the log is missing")]
    [InlineData("UPDATE log SET format = 7", "format `7` is not known to this version, which reads 2")]
    public async Task A_store_of_rows_whose_head_does_not_hold_is_refused(string tampering, string problem)
    {
        using var store = TemporaryStore.Sqlite();
        await store.FillAsync(calls: 1);
        store.Tamper(tampering);

        var error = await Assert.ThrowsAsync<AuditStoreException>(store.OpenAsync);

        Assert.StartsWith($"{store.Path}: {problem}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"outcome\":\"success\"", "\"outcome\":\"failure\"", "record 1 does not hold; verify the store and restore it, or begin a new one")]
    [InlineData("{\"sequence\":3,", "{\"sequence\":9,", "record 3 does not hold; verify the store and restore it, or begin a new one")]
    [InlineData("{\"head\":{\"sequence\":0,", "{\"head\":{\"sequence\":1,", "the head noted at byte ")]
    [InlineData("{\"format\":3,", "{\"format\":4,", "not an audit store, or its first line is damaged; verify it, and restore it or begin a new one")]
    public async Task A_store_of_lines_that_do_not_hold_is_refused_and_left_alone(string from, string to, string problem)
    {
        await _store.FillAsync(calls: 1);
        _store.Edit(lines => lines.Select(line => line.Replace(from, to, StringComparison.Ordinal)));
        var bytes = File.ReadAllBytes(_store.Path);

        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

        Assert.StartsWith($"{_store.Path}: {problem}", error.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(_store.Path));
    }

    [Theory]
    [InlineData("audit.jsonl", "not an audit store, or its first line is damaged")]
    [InlineData("audit.db", "not an audit store, or damaged")]
    public async Task A_file_that_is_not_a_store_is_refused_and_left_alone(string name, string problem)
    {
        _store.Options = _store.Options with { Path = Path.Combine(Path.GetDirectoryName(_store.Path)!, name) };
        File.WriteAllText(_store.Options.Path, new string('x', 5000));

        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

        Assert.Equal($"{_store.Options.Path}: {problem}; verify it, and restore it or begin a new one", error.Message);
        Assert.Equal(new string('x', 5000), File.ReadAllText(_store.Options.Path));
    }

    [Fact]
    public async Task What_a_store_is_says_how_it_begins_and_the_name_only_what_a_new_one_becomes()
    {
        using var rows = TemporaryStore.Sqlite();
        await _store.FillAsync(calls: 1);
        await rows.FillAsync(calls: 1);
        Assert.Equal((true, false), (StoreKind.IsLines(_store.Path), StoreKind.IsLines(rows.Path)));

        foreach (var (store, name) in new[] { (_store, "lines.db"), (rows, "rows.jsonl") })
        {
            var renamed = Path.Combine(Path.GetDirectoryName(store.Path)!, name);
            File.Move(store.Path, renamed);
            store.Options = store.Options with { Path = renamed };
            await using (await store.OpenAsync())
            {
            }

            Assert.Equal((null, 6L), (AuditVerifier.Verify(renamed).Finding, AuditVerifier.Verify(renamed).Records));
        }
    }

    [Fact]
    public async Task A_path_that_cannot_be_written_is_refused()
    {
        _store.Options = _store.Options with { Path = Path.Combine("/proc", "audit", "audit.jsonl") };

        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

        Assert.StartsWith("/proc/audit/audit.jsonl.lock: cannot be locked: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audit.jsonl", "")]
    [InlineData("audit.db", "", "-wal", "-shm")]
    public async Task A_directory_is_made_and_the_file_is_not_for_everyone(string name, params string[] suffixes)
    {
        _store.Options = _store.Options with { Path = Path.Combine(Path.GetDirectoryName(_store.Path)!, "a", "b", name) };
        await using var log = await _store.OpenAsync();

        Assert.True(File.Exists(_store.Options.Path));
        if (OperatingSystem.IsWindows()) return;
        foreach (var suffix in suffixes)
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(_store.Options.Path + suffix) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite));
    }

    [Theory]
    [InlineData("gw 1", 1, 1, 250, "stream `gw 1`: must be 1 to 128 of letters, digits, `.`, `_` and `-`")]
    [InlineData("gw-1", 0, 1, 250, "batch `0`: must be at least 1")]
    [InlineData("gw-1", 1, 0, 250, "queue capacity `0`: must be at least 1")]
    [InlineData("gw-1", 1, 1, 5, "deadline `00:00:00.0050000`: must be at least 10 ms")]
    public async Task Options_that_make_no_sense_are_refused(string stream, int batch, int capacity, int deadlineMs, string problem)
    {
        _store.Options = _store.Options with { StreamId = stream, MaxBatch = batch, QueueCapacity = capacity, Deadline = TimeSpan.FromMilliseconds(deadlineMs) };

        var error = await Assert.ThrowsAsync<ArgumentException>(_store.OpenAsync);

        Assert.StartsWith($"audit log: {problem}", error.Message, StringComparison.Ordinal);
    }
}
