using System.Diagnostics.Metrics;
using Gateway.Identity;
using Gateway.Limits;

namespace Gateway.Admin;

/// <summary>What the gateway counts. Names follow the Prometheus conventions after the exporter has added units and suffixes.</summary>
internal sealed class GatewayMetrics : IDisposable
{
    public const string MeterName = "ComputeGateway";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _outcomesLost;
    private readonly Counter<long> _refusalsLost;
    private readonly Counter<long> _schemaFaults;
    private readonly Counter<long> _limited;
    private readonly Counter<long> _degraded;
    private readonly LimitTally _tally;

    public GatewayMetrics(
        LimitTally tally, MemoryBuckets buckets, TokenCache tokens, IReadOnlyList<IssuerKeys> issuers, Breaker? breaker = null, KeystoneTokens? keystone = null)
    {
        _meter.CreateObservableGauge("gateway.identity.tokens", () => tokens.Count, description: "Verified tokens that are remembered.");
        _meter.CreateObservableGauge(
            "gateway.identity.issuer_keys",
            () => issuers.Select(keys => new Measurement<int>(keys.Fault is null ? 1 : 0, new KeyValuePair<string, object?>("issuer", keys.Issuer))),
            description: "1 while an issuer's keys can be read, 0 after a reading that failed.");
        if (keystone is not null)
            _meter.CreateObservableGauge("gateway.identity.keystone", () => keystone.Fault is null ? 1 : 0, description: "1 while Keystone answers about tokens, 0 after a question that it did not.");
        _tally = tally;
        _limited = _meter.CreateCounter<long>("gateway.limits.refusals", description: "Calls that a limit refused, or in shadow mode would have.");
        _degraded = _meter.CreateCounter<long>("gateway.limits.degraded", description: "Decisions of limits taken without Redis, by what was done instead.");
        _meter.CreateObservableGauge("gateway.limits.buckets", () => buckets.BucketCount, description: "Buckets held in this process's memory.");
        if (breaker is not null)
            _meter.CreateObservableGauge("gateway.limits.redis", () => breaker.IsOpen ? 0 : 1, description: "1 while limits are counted in Redis, 0 while it cannot be asked.");
        _requests = _meter.CreateCounter<long>("gateway.requests", description: "Requests answered, by operation, status and reason.");
        _duration = _meter.CreateHistogram(
            "gateway.request.duration",
            "s",
            "Time from the request's headers to the end of its answer.",
            tags: null,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _outcomesLost = _meter.CreateCounter<long>(
            "gateway.audit.outcomes_lost", description: "Outcomes the audit store did not take; their intents stay open until recovery.");
        _refusalsLost = _meter.CreateCounter<long>(
            "gateway.audit.refusals_lost", description: "Refusals of what is no HTTP that the audit store did not take.");
        _schemaFaults = _meter.CreateCounter<long>(
            "gateway.schema_faults", description: "Bodies that their action's schema does not accept and that were let pass, by action.");
    }

    /// <summary>Counts an answer. The operation is a name of the catalogue, so the number of series is bounded.</summary>
    public void Answered(string operation, int status, string reason, TimeSpan duration)
    {
        _requests.Add(1, new("operation", operation), new("status", status), new("reason", reason));
        _duration.Record(duration.TotalSeconds);
    }

    public void SchemaFault(string action) => _schemaFaults.Add(1, new KeyValuePair<string, object?>("action", action));

    public void RefusalLost() => _refusalsLost.Add(1);

    /// <summary>Counts what limits said to a call.</summary>
    public void Limited(LimitDecision decision)
    {
        _tally.Count(decision);
        foreach (var report in decision.Reports)
        {
            if (!report.Passed) _limited.Add(1, new("limit", report.Name), new("mode", report.Shadow ? "shadow" : "enforce"));
            if (report.Degraded is { } mode) _degraded.Add(1, new("limit", report.Name), new("mode", mode));
        }
    }

    public void OutcomeLost() => _outcomesLost.Add(1);

    public void Dispose() => _meter.Dispose();
}
