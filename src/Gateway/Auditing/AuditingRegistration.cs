using Gateway.Audit;
using Gateway.Policies;

namespace Gateway.Auditing;

internal static class AuditingRegistration
{
    /// <summary>Opens the record: checks the head of its chain, and closes the intents that an earlier run left open, before any request is served.</summary>
    /// <exception cref="AuditStoreException">The store cannot be used; the message says why.</exception>
    public static Task<AuditLog> OpenAsync(AuditingOptions options, string dataDirectory, TimeProvider time) => AuditLog.OpenAsync(
        new AuditLogOptions
        {
            Path = Auditor.StoreOf(options, dataDirectory),
            StreamId = options.GatewayId,
            Observer = ObserverOf(options),
            MaxBatch = options.MaxBatch,
            Deadline = TimeSpan.FromMilliseconds(options.DeadlineMilliseconds),
        },
        time,
        CancellationToken.None);

    public static IServiceCollection AddAuditing(this IServiceCollection services, AuditingOptions options, AuditLog log) => services
        .AddSingleton(provider => new AuditEventFactory(ObserverOf(options), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new Auditor(
            log,
            provider.GetRequiredService<AuditEventFactory>(),
            provider.GetRequiredService<PolicyStore>(),
            provider.GetRequiredService<ILogger<Auditor>>()));

    private static AuditObserver ObserverOf(AuditingOptions options) => new() { Id = options.GatewayId, Name = options.GatewayId };
}
