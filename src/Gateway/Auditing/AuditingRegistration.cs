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
    public static Task<AuditRecord> OpenAsync(AuditingOptions options, string dataDirectory, TimeProvider time) =>
        OpenAsync(options, dataDirectory, time, new RecordEnd(time, Console.Error.WriteLine));

    /// <inheritdoc cref="OpenAsync(AuditingOptions, string, TimeProvider)"/>
    public static async Task<AuditRecord> OpenAsync(AuditingOptions options, string dataDirectory, TimeProvider time, RecordEnd end)
    {
        var places = AuditPlaces.Of(options, dataDirectory);
        var deadline = TimeSpan.FromMilliseconds(options.DeadlineMilliseconds);

        // The spool first: an intent whose outcome waits in it was not left open.
        var spool = AuditSpool.Open(new AuditSpoolOptions { Path = places.Spool, MaxBytes = options.SpoolBytes, Deadline = deadline }, time);
        var logOptions = new AuditLogOptions
        {
            Path = places.Store,
            StreamId = options.GatewayId,
            Observer = ObserverOf(options),
            MaxBatch = options.MaxBatch,
            Deadline = deadline,
            SegmentBytes = options.SegmentMegabytes * 1024L * 1024,
            Concluded = spool.Concluded,
        };
        AuditLog? log = null;
        CheckpointPlace? second = null;
        try
        {
            log = places.Postgres is { } database
                ? await PostgresLog.OpenAsync(logOptions, database, time)
                : await AuditLog.OpenAsync(logOptions, time, CancellationToken.None);
            await spool.DrainAsync(log);
            second = options.SecondCheckpoints is { } place ? CheckpointPlace.Of(place) : null;
            var checkpointer = Checkpointer.Start(
                log,
                new CheckpointerOptions
                {
                    File = places.Checkpoints,
                    KeyDirectory = places.Keys,
                    Interval = TimeSpan.FromSeconds(options.CheckpointSeconds),
                    Second = second,
                },
                time);
            return new AuditRecord(log, spool, checkpointer, places, end, second);
        }
        catch
        {
            await end.OfAsync("the spool", spool);
            if (log is not null) await end.OfLogAsync(log);
            second?.Dispose();
            throw;
        }
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
        .AddSingleton(provider => new AuditLibrary(record, new AuditLibraryOptions(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditLibrary>>()))
        .AddSingleton<AuditApi>()
        .AddHostedService(provider => new CheckpointWatch(record, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CheckpointWatch>>()))
        .AddHostedService(provider => new SpoolMover(record, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SpoolMover>>()))
        .AddSingleton(provider => new SinkKeeper(record, options.Sinks, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SinkKeeper>>()))
        .AddHostedService(provider => provider.GetRequiredService<SinkKeeper>())
        .AddHostedService(provider => new RecordKeeper(
            record,
            provider.GetRequiredService<AuditLibrary>(),
            provider.GetRequiredService<SinkKeeper>(),
            options.RetentionDays is { } days ? TimeSpan.FromDays(days) : null,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RecordKeeper>>()));

    private static AuditObserver ObserverOf(AuditingOptions options) => new() { Id = options.GatewayId, Name = options.GatewayId };
}
