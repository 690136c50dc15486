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
    public async Task A_store_whose_head_does_not_hold_is_refused(string tampering, string problem)
    {
        await _store.FillAsync(calls: 1);
        _store.Tamper(tampering);

        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

        Assert.StartsWith($"{_store.Path}: {problem}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_a_store_is_refused_and_left_alone()
    {
        File.WriteAllText(_store.Path, new string('x', 5000));

        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

        Assert.Equal($"{_store.Path}: not an audit store, or damaged; verify it, and restore it or begin a new one", error.Message);
        Assert.Equal(new string('x', 5000), File.ReadAllText(_store.Path));
    }

    [Fact]
    public async Task A_path_that_cannot_be_written_is_refused()
    {
        _store.Options = _store.Options with { Path = Path.Combine("/proc", "audit", "audit.db") };

        var error = await Assert.ThrowsAsync<AuditStoreException>(_store.OpenAsync);

        Assert.StartsWith("/proc/audit/audit.db.lock: cannot be locked: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_made_and_the_file_is_not_for_everyone()
    {
        _store.Options = _store.Options with { Path = Path.Combine(Path.GetDirectoryName(_store.Path)!, "a", "b", "audit.db") };
        await using var log = await _store.OpenAsync();

        Assert.True(File.Exists(_store.Options.Path));
        if (OperatingSystem.IsWindows()) return;
        foreach (var suffix in new[] { "", "-wal", "-shm" })
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
