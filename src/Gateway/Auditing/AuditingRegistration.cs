using Gateway.Actions;
using Gateway.Audit;
using Gateway.Policies;

namespace Gateway.Auditing;

internal static class AuditingRegistration
{
    /// <summary>
    /// Opens the record: checks the head of its chain, closes the intents that an earlier run left open, and moves what it left in the spool, before any
    /// request is served.
    /// </summary>
    /// <exception cref="AuditStoreException">The store cannot be used; the message says why.</exception>
    public static async Task<AuditRecord> OpenAsync(AuditingOptions options, string dataDirectory, TimeProvider time)
    {
        var deadline = TimeSpan.FromMilliseconds(options.DeadlineMilliseconds);
        var log = await AuditLog.OpenAsync(
            new AuditLogOptions
            {
                Path = Auditor.StoreOf(options, dataDirectory),
                StreamId = options.GatewayId,
                Observer = ObserverOf(options),
                MaxBatch = options.MaxBatch,
                Deadline = deadline,
            },
            time,
            CancellationToken.None);
        var path = options.Spool ?? Path.Combine(dataDirectory, "audit.spool");
        var spool = AuditSpool.Open(new AuditSpoolOptions { Path = path, MaxBytes = options.SpoolBytes, Deadline = deadline }, time);
        await spool.DrainAsync(log, closeLeft: true);
        return new AuditRecord(log, spool);
    }

    public static IServiceCollection AddAuditing(this IServiceCollection services, AuditingOptions options, AuditRecord record, string defaultRules) => services
        .AddSingleton(record)
        .AddSingleton(provider => AuditRulesStore.Open(
            options.Rules ?? (File.Exists(AuditRulesStore.CustomaryFile) ? AuditRulesStore.CustomaryFile : null),
            defaultRules,
            provider.GetRequiredService<ApiCatalogue>(),
            provider.GetRequiredService<ILogger<AuditRulesStore>>()))
        .AddSingleton(provider => new AuditEventFactory(
            ObserverOf(options), provider.GetRequiredService<AuditRulesStore>(), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new Auditor(
            record,
            provider.GetRequiredService<AuditEventFactory>(),
            provider.GetRequiredService<AuditRulesStore>(),
            provider.GetRequiredService<PolicyStore>(),
            provider.GetRequiredService<ILogger<Auditor>>()))
        .AddHostedService(provider => new SpoolMover(record, provider.GetRequiredService<TimeProvider>()));

    private static AuditObserver ObserverOf(AuditingOptions options) => new() { Id = options.GatewayId, Name = options.GatewayId };
}
