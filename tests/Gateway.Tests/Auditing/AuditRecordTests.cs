using System.Diagnostics;
using Gateway.Audit;
using Gateway.Auditing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Tests.Auditing;

/// <summary>A record is closed whatever hangs or fails: pipes that nobody reads stand for disks that do not answer.</summary>
public sealed class AuditRecordTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("record-").FullName;
    private readonly List<string> _said = [];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_spool_that_hangs_keeps_the_log_from_nothing()
    {
        var record = await OpenAsync();
        var pipe = await PipeAsync("audit.spool");
        var spooling = record.Spool.AppendAsync(SomeEvent());

        await EndAsync(record);

        Assert.Contains("The audit record: the spool did not end within 0.3 s, and is left as it is: a disk does not answer", _said);
        AssertClosed();
        await ReleaseAsync(pipe);
        await spooling.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_spool_that_fails_keeps_the_log_from_nothing()
    {
        var record = await OpenAsync();
        var pipe = await PipeAsync("audit.spool");
        var spooling = record.Spool.AppendAsync(SomeEvent());

        // A pipe has no positions: its writer ends with an error that no file gives.
        await ReleaseAsync(pipe);
        await spooling.ContinueWith(_ => { }, TaskScheduler.Default);
        await EndAsync(record);

        Assert.Contains(_said, line => line.StartsWith("The audit record: the spool did not end as it should: ", StringComparison.Ordinal));
        AssertClosed();
    }

    [Fact]
    public async Task Checkpoints_that_hang_keep_the_log_from_nothing()
    {
        var record = await OpenAsync();
        Assert.NotNull(await record.Checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        File.Delete(Path.Combine(_directory, "audit.checkpoints"));
        var pipe = await PipeAsync("audit.checkpoints");

        await EndAsync(record);

        Assert.Contains("The audit record: the last checkpoint did not end within 0.3 s, and is left as it is: a disk does not answer", _said);
        AssertClosed();
        await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose(), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Checkpoints_that_are_not_published_are_said_once_for_each_place_and_once_when_they_are_again()
    {
        var second = Path.Combine(_directory, "elsewhere");
        Directory.CreateDirectory(second);
        await using var record = await OpenAsync(second);
        var log = new KeptLog();
        using var watch = new CheckpointWatch(record, TimeProvider.System, log);
        var file = Path.Combine(_directory, "audit.checkpoints");
        Assert.NotNull(await record.Checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        await UntilAsync(() => record.Checkpointer.SecondFault is not null);
        File.Move(file, file + ".away");
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await record.Checkpointer.MakeAsync(TestContext.Current.CancellationToken));
            watch.Look();
        }

        Assert.Collection(
            log.Lines,
            line => Assert.StartsWith($"Checkpoints of the audit record do not reach their own file: {file}: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"Checkpoints of the audit record do not reach the second place: {second}: ", line, StringComparison.Ordinal));

        File.Move(file + ".away", file);
        Directory.Delete(second);
        Assert.NotNull(await record.Checkpointer.MakeAsync(TestContext.Current.CancellationToken));
        await UntilAsync(() => record.Checkpointer.SecondFault is null);
        watch.Look();
        watch.Look();
        Assert.Equal(
            ["Checkpoints of the audit record reach their own file again", "Checkpoints of the audit record reach the second place again"], log.Lines.Skip(2));
    }

    private Task<AuditRecord> OpenAsync(string? second = null) => AuditingRegistration.OpenAsync(
        new AuditingOptions { DeadlineMilliseconds = 20_000, CheckpointSeconds = 3600, SecondCheckpoints = second },
        _directory,
        TimeProvider.System,
        new RecordEnd(TimeProvider.System, Say) { LongestBeforeLog = TimeSpan.FromSeconds(0.3) });

    private void Say(string line)
    {
        lock (_said) _said.Add(line);
    }

    /// <summary>With patience for what is well on a busy machine, and little for what hangs.</summary>
    private static Task EndAsync(AuditRecord record) => record.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

    /// <summary>The log was closed in good order: its last record says so, and another may open it.</summary>
    private void AssertClosed()
    {
        var store = Path.Combine(_directory, "audit.jsonl");
        Assert.Equal("stop/log", AuditReader.Read(store, new AuditFilter { Limit = 1 }).Single().Event.Action);
        Assert.Null(AuditVerifier.Verify(store).Finding);
        Assert.DoesNotContain(_said, line => line.Contains("the log", StringComparison.Ordinal));
    }

    private async Task<string> PipeAsync(string name)
    {
        var path = Path.Combine(_directory, name);
        using var make = Process.Start("mkfifo", path);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        return path;
    }

    // Whoever waits for a reader goes on.
    private static async Task ReleaseAsync(string pipe) =>
        await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Read, FileShare.ReadWrite).Dispose(), TestContext.Current.CancellationToken);

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static AuditEvent SomeEvent() => new()
    {
        Id = Guid.NewGuid().ToString(),
        EventTime = DateTimeOffset.UnixEpoch,
        Kind = AuditKind.Refusal,
        Outcome = AuditOutcome.Failure,
        Action = "update/backup",
        Initiator = new AuditInitiator { Id = "u" },
        Target = new AuditTarget { Id = "t", TypeUri = "compute/server" },
        Observer = new AuditObserver { Id = "gateway-1" },
    };

    private sealed class KeptLog : ILogger<CheckpointWatch>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
