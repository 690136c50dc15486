using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>The record of one gateway, open: the log, and the spool that stands in for it.</summary>
internal sealed class AuditRecord(AuditLog log, AuditSpool spool) : IAsyncDisposable
{
    public AuditLog Log { get; } = log;

    public AuditSpool Spool { get; } = spool;

    public async ValueTask DisposeAsync()
    {
        await Spool.DisposeAsync();
        await Log.DisposeAsync();
    }
}
