using System.Text.Json;

namespace Gateway.Identity;

/// <summary>Reads Keystone's revocation events again and again; the tokens they may speak of are then verified anew.</summary>
internal sealed partial class RevocationWatch(
    KeystoneClient client, Revocations revocations, KeystoneOptions options, TimeProvider time, ILogger<RevocationWatch> logger) : BackgroundService
{
    /// <summary>Events are asked for from a little before the newest: Keystone's writers have clocks of their own.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(30);

    private bool _failing;
    private bool _offered = true;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.RevocationSeconds == 0) return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.RevocationSeconds), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await ReadAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The gateway ends.
        }
    }

    /// <summary>One reading. A Keystone that cannot be asked is no reason to end: the staleness bounds what is relied on meanwhile.</summary>
    internal async Task ReadAsync(CancellationToken cancel)
    {
        // Revocations older than what is relied on do not matter.
        var since = (revocations.Newest ?? time.GetUtcNow() - TimeSpan.FromSeconds(options.StalenessSeconds)) - Overlap;
        try
        {
            var answer = await client.RevocationsAsync(since, cancel);
            if (answer is null && _offered) Log.NotOffered(logger, options.StalenessSeconds);
            (_offered, _failing) = (answer is not null, false);
            if (answer is { } json && revocations.Add(json) is { Count: > 0 } events) Log.Received(logger, events.Count);
        }
        catch (Exception e) when (e is IdentityUnavailableException or JsonException)
        {
            if (!_failing) Log.Failed(logger, e.Message);
            _failing = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Keystone offers no revocation events to the service user: a revoked token works up to {Seconds} s longer")]
        public static partial void NotOffered(ILogger logger, int seconds);

        [LoggerMessage(2, LogLevel.Warning, "Revocation events cannot be read: {Problem}")]
        public static partial void Failed(ILogger logger, string problem);

        [LoggerMessage(3, LogLevel.Information, "{Events} new revocation events: tokens that they may speak of are verified anew")]
        public static partial void Received(ILogger logger, int events);
    }
}
