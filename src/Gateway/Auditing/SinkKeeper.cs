using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>Runs the sinks, each for itself, and says how they are.</summary>
internal sealed partial class SinkKeeper : BackgroundService
{
    private readonly IReadOnlyList<SinkRunner> _runners;
    private readonly ILogger<SinkKeeper> _logger;

    public SinkKeeper(AuditRecord record, IReadOnlyDictionary<string, SinkOptions> sinks, TimeProvider time, ILogger<SinkKeeper> logger)
    {
        _logger = logger;
        _runners =
        [
            .. sinks.OrderBy(sink => sink.Key, StringComparer.Ordinal).Select(sink => new SinkRunner(
                sink.Value.Create(record.Log.Stream, time),
                new SinkRunnerOptions
                {
                    Name = sink.Key,
                    Stream = record.Log.Stream,
                    CursorFile = Path.Combine(record.Places.Sinks, $"audit.sink.{sink.Key}"),
                    Filter = sink.Value.Filter,
                    BatchSize = sink.Value.BatchSize,
                    Notify = Say,
                },
                () => record.Log.Status.Sequence,
                record.OpenRecords,
                time)),
        ];
    }

    /// <summary>How each sink is.</summary>
    public IEnumerable<SinkStatus> Statuses => _runners.Select(runner => runner.Status);

    /// <summary>The last record that every sink has.</summary>
    public long DeliveredToAll => _runners.Count == 0 ? long.MaxValue : Statuses.Min(sink => sink.Delivered);

    public override void Dispose()
    {
        foreach (var runner in _runners) runner.Dispose();
        base.Dispose();
    }

    // A thread of the pool for each: reading the store and syncing a file take their time.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_runners.Select(runner => Task.Run(() => runner.RunAsync(stoppingToken), stoppingToken)));

    private void Say(SinkNotice notice)
    {
        if (notice.IsProblem) Log.Problem(_logger, notice.Sink, notice.Text);
        else Log.Over(_logger, notice.Sink, notice.Text);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The audit sink {Sink} {Problem}")]
        public static partial void Problem(ILogger logger, string sink, string problem);

        [LoggerMessage(2, LogLevel.Information, "The audit sink {Sink} {Change}")]
        public static partial void Over(ILogger logger, string sink, string change);
    }
}
