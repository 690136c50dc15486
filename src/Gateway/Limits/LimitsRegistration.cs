namespace Gateway.Limits;

/// <summary>What the room of limits needs beside the limits themselves: where is counted, and who renews the leases.</summary>
internal static class LimitsRegistration
{
    public static IServiceCollection AddLimits(this IServiceCollection services, RedisOptions options)
    {
        services.AddSingleton<OpenLeases>().AddHostedService<LeaseRenewal>();
        services.AddSingleton(provider => new MemoryBuckets(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(options).AddSingleton<Census>().AddSingleton<LimitTally>().AddSingleton<LimitView>();
        if (options.Connection is not { Length: > 0 } connection)
            return services.AddSingleton<IBucketStore>(provider => provider.GetRequiredService<MemoryBuckets>());

        services.AddSingleton(new RedisConnection(connection));
        services.AddSingleton(provider => new Breaker(
            provider.GetRequiredService<RedisConnection>().Name, provider.GetRequiredService<ILogger<Breaker>>()));
        services.AddSingleton<IBucketStore>(provider =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            return new SharedBuckets(
                new RedisBuckets(provider.GetRequiredService<RedisConnection>(), time), provider.GetRequiredService<MemoryBuckets>(), new RecentRefusals(time),
                provider.GetRequiredService<Breaker>(), provider.GetRequiredService<Census>(), options, time);
        });
        return services.AddHostedService<RedisWatch>();
    }
}
