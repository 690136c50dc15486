using System.Diagnostics.Metrics;
using Gateway.Audit;
using Gateway.Auditing;

namespace Gateway.Admin;

/// <summary>How the record is, as gauges: read when somebody asks.</summary>
internal sealed class AuditMetrics : IDisposable
{
    private readonly Meter _meter = new(GatewayMetrics.MeterName);

    public AuditMetrics(Auditor auditor, AuditRecord record, SinkKeeper sinks, TimeProvider time)
    {
        _meter.CreateObservableGauge("gateway.audit.available", () => auditor.Status.Available ? 1 : 0, description: "1 while records become durable, 0 while the store does not take them.");
        _meter.CreateObservableGauge("gateway.audit.sequence", () => auditor.Status.Sequence, description: "The last durable record.");
        _meter.CreateObservableGauge("gateway.audit.waiting", () => auditor.Status.Waiting, description: "Records that wait to become durable.");
        _meter.CreateObservableGauge("gateway.audit.open_intents", () => auditor.Status.OpenIntents, description: "Calls whose outcome is not recorded yet.");
        _meter.CreateObservableGauge("gateway.audit.spooled", () => auditor.Spooled, description: "Records that wait in the spool for the store to come back.");
        _meter.CreateObservableCounter("gateway.audit.records_lost", () => auditor.Lost, description: "Records of best-effort calls that were not kept, and of the spool that the log refused for good.");
        _meter.CreateObservableGauge(
            "gateway.audit.checkpoint_age",
            () => auditor.LastCheckpoint is { } last ? (time.GetUtcNow() - last.Time).TotalSeconds : double.NaN,
            "s",
            "Since the newest checkpoint.");
        _meter.CreateObservableGauge("gateway.audit.checkpoint.up", () => Places(record.Checkpointer), description: "1 while the newest checkpoint is published in a place.");
        _meter.CreateObservableGauge(
            "gateway.audit.sink.lag", () => sinks.Statuses.Select(sink => new Measurement<long>(sink.Lag, Tag(sink.Name))), description: "Records that a sink has not yet.");
        _meter.CreateObservableGauge(
            "gateway.audit.sink.up", () => sinks.Statuses.Select(sink => new Measurement<int>(sink.Fault is null ? 1 : 0, Tag(sink.Name))), description: "1 while a sink takes records.");
        _meter.CreateObservableCounter(
            "gateway.audit.sink.failures", () => sinks.Statuses.Select(sink => new Measurement<long>(sink.Failures, Tag(sink.Name))), description: "Sendings to a sink that failed and are tried again.");
        _meter.CreateObservableCounter(
            "gateway.audit.sink.missed", () => sinks.Statuses.Select(sink => new Measurement<long>(sink.Missed, Tag(sink.Name))), description: "Records that left the store before a sink had them.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<int>> Places(Checkpointer checkpointer)
    {
        yield return new(checkpointer.FileFault is null ? 1 : 0, new KeyValuePair<string, object?>("place", "file"));
        if (checkpointer.HasSecond) yield return new(checkpointer.SecondFault is null ? 1 : 0, new KeyValuePair<string, object?>("place", "second"));
    }

    private static KeyValuePair<string, object?> Tag(string sink) => new("sink", sink);
}

/// <summary>Whether events arrive where they are sent besides.</summary>
internal sealed class SinksProbe(SinkKeeper sinks) : IHealthProbe
{
    public HealthState Probe()
    {
        var statuses = sinks.Statuses.ToArray();
        var faults = statuses.Where(sink => sink.Fault is not null).Select(sink => $"{sink.Name} {(sink.IsStopped ? "stopped" : "takes no records")}, {sink.Lag} behind: {sink.Fault}").ToArray();
        return new HealthState("audit_sinks", faults.Length == 0 ? "ready" : "degraded", faults.Length > 0 ? string.Join("; ", faults) : statuses.Length == 0 ? "none" : $"{statuses.Length} take records");
    }
}
