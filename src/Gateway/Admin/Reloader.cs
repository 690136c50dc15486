using Gateway.Auditing;
using Gateway.FrontDoor;
using Gateway.Limits;
using Gateway.Policies;

namespace Gateway.Admin;

/// <summary>Reads the files that operators edit again at a steady pace, so that an edit takes effect without a restart.</summary>
internal sealed class Reloader(
    PolicyStore policies, LimitStore limits, AuditRulesStore auditRules, Auditor auditor, PolicyStoreOptions options, TimeProvider time, ListenerCertificate? certificate = null) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await auditor.StartedAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.ReloadSeconds), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await auditor.SegmentBegunAsync();
            if (policies.Reload() is { } change) await auditor.PolicyChangedAsync(change);
            limits.Reload();
            certificate?.Reload();
            if (auditRules.Reload() is { } changed) await auditor.AuditRulesChangedAsync(changed);
        }
    }
}
