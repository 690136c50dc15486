namespace Gateway.Auditing;

/// <summary>Says in the log, once, that checkpoints are no longer published in a place, and once that they are again.</summary>
internal sealed partial class CheckpointWatch(AuditRecord record, TimeProvider time, ILogger<CheckpointWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private bool _file;
    private bool _second;

    /// <summary>Looks at both places once.</summary>
    public void Look()
    {
        Say(ref _file, record.Checkpointer.FileFault, "their own file");
        Say(ref _second, record.Checkpointer.SecondFault, "the second place");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pace, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
    }

    private void Say(ref bool said, string? fault, string place)
    {
        if (fault is not null == said) return;
        said = fault is not null;
        if (fault is not null) Log.Faulted(logger, place, fault);
        else Log.Over(logger, place);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Checkpoints of the audit record do not reach {Place}: {Problem}")]
        public static partial void Faulted(ILogger logger, string place, string problem);

        [LoggerMessage(2, LogLevel.Information, "Checkpoints of the audit record reach {Place} again")]
        public static partial void Over(ILogger logger, string place);
    }
}
