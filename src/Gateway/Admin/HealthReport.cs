namespace Gateway.Admin;

/// <summary>What <c>/healthz</c> answers.</summary>
/// <param name="Status"><c>ready</c>, <c>degraded</c> (serving, but someone must look) or <c>unready</c>.</param>
/// <param name="Checks">Each part that was asked.</param>
internal sealed record HealthReport(string Status, IReadOnlyList<HealthState> Checks)
{
    public static HealthReport Of(IEnumerable<IHealthProbe> probes)
    {
        var states = probes.Select(probe => probe.Probe()).ToArray();
        var status = states.Any(state => state.Status == "unready") ? "unready" : states.Any(state => state.Status == "degraded") ? "degraded" : "ready";
        return new HealthReport(status, states);
    }
}

/// <summary>How one part is.</summary>
internal sealed record HealthState(string Name, string Status, string Detail);

/// <summary>A part of the gateway that can say how it is, at once and without asking others.</summary>
internal interface IHealthProbe
{
    HealthState Probe();
}

/// <summary>Whether the rules on disk are the rules in force.</summary>
internal sealed class PolicyProbe(Policies.PolicyStore store) : IHealthProbe
{
    public HealthState Probe() => new(
        "policy",
        store.IsStale ? "degraded" : "ready",
        store.IsStale ? $"the files on disk are refused: {store.LastChange?.Summary}; in force: {store.Current.Revision}" : store.Current.Revision);
}

/// <summary>Whether the limits on disk are the limits in force, and whether they are counted where they should be.</summary>
internal sealed class LimitsProbe(Limits.LimitStore store, Limits.Breaker? breaker = null) : IHealthProbe
{
    public HealthState Probe()
    {
        var redis = breaker?.Problem is { } problem ? $"Redis cannot be asked: {problem}" : null;
        var faults = new[] { store.Fault, redis }.OfType<string>().ToArray();
        return new HealthState("limits", faults.Length == 0 ? "ready" : "degraded", faults.Length == 0 ? "in force as in the file" : string.Join("; ", faults));
    }
}

/// <summary>Whether the audit rules on disk are those in force.</summary>
internal sealed class AuditRulesProbe(Auditing.AuditRulesStore store) : IHealthProbe
{
    public HealthState Probe() => new("audit_rules", store.Fault is null ? "ready" : "degraded", store.Fault ?? "in force as in the file");
}

/// <summary>Whether records become durable. The log tries its store again by itself, so this turns ready by itself.</summary>
internal sealed class AuditProbe(Auditing.Auditor auditor) : IHealthProbe
{
    public HealthState Probe()
    {
        var status = auditor.Status;
        var spooled = auditor.Spooled == 0 ? "" : $"; {auditor.Spooled} records wait in the spool";
        return new HealthState(
            "audit",
            !status.Available ? "unready" : auditor.Spooled > 0 || auditor.CheckpointFault is not null ? "degraded" : "ready",
            (status.Fault ?? $"record {status.Sequence} is durable") + spooled + (auditor.CheckpointFault is { } fault ? $"; {fault}" : ""));
    }
}

/// <summary>Whether the certificate on disk is the one in force, and not past its end.</summary>
internal sealed class CertificateProbe(FrontDoor.ListenerCertificate certificate, TimeProvider time) : IHealthProbe
{
    public HealthState Probe() => new(
        "certificate",
        certificate.Fault is null && certificate.ValidUntil > time.GetUtcNow() ? "ready" : "degraded",
        certificate.Fault ?? $"valid until {certificate.ValidUntil:u}");
}

/// <summary>Whether those who vouch for callers could be asked when they were last.</summary>
internal sealed class IdentityProbe(IReadOnlyList<Identity.IssuerKeys> issuers, Identity.KeystoneTokens? keystone = null) : IHealthProbe
{
    public HealthState Probe()
    {
        string?[] faults = [keystone?.Fault, .. issuers.Select(keys => keys.Fault is { } fault ? $"the keys of {keys.Issuer} cannot be read: {fault}" : null)];
        var found = faults.OfType<string>().ToArray();
        return new HealthState("identity", found.Length == 0 ? "ready" : "degraded", found.Length == 0 ? "answered when last asked" : string.Join("; ", found));
    }
}
