using Xunit;

namespace Gateway.EndToEnd;

/// <summary>A real Keystone, a gateway that asks it, and a recording backend behind: shared by the tests of real tokens.</summary>
public sealed class KeystoneGateway : IAsyncLifetime
{
    /// <summary>How long the gateway relies on Keystone's word, in seconds.</summary>
    internal const int Staleness = 3;

    /// <summary>How long a caller waits for Keystone at the most, in milliseconds; generous, as a busy machine's Keystone is slow.</summary>
    internal const int Timeout = 30_000;

    internal KeystoneProcess Keystone { get; private set; } = null!;

    internal KeystoneProxy Proxy { get; private set; } = null!;

    internal RecordingBackend Backend { get; private set; } = null!;

    internal GatewayProcess Process { get; private set; } = null!;

    /// <summary>Settings for a gateway of a test's own, in front of the same backend and the same Keystone.</summary>
    internal string[] Settings => [.. Backend.Settings, .. KeystoneProcess.SettingsFor(Proxy.AuthUrl), $"--Identity:Keystone:TimeoutMilliseconds={Timeout}"];

    public async ValueTask InitializeAsync()
    {
        Keystone = await KeystoneProcess.StartAsync();
        Proxy = await KeystoneProxy.StartAsync(Keystone.AuthUrl);
        Backend = await RecordingBackend.StartAsync(Keystone.DemoProject);
        Process = await GatewayProcess.StartAsync(
            gateway => gateway.WriteLimits("limits: []"),
            [
                .. Settings, $"--Identity:Keystone:StalenessSeconds={Staleness}", "--Identity:Keystone:RevocationSeconds=0",
            ]);
    }

    public async ValueTask DisposeAsync()
    {
        // What did not start is not there.
        foreach (var one in new IAsyncDisposable?[] { Process, Backend, Proxy, Keystone })
            if (one is not null) await one.DisposeAsync();
    }

    internal Task<RawAnswer> SendAsync(RawRequest request) => RawConnection.ExchangeAsync(Process.DataPort, request);

    /// <summary>The one record of a call that went no further than the door.</summary>
    internal RecordedCall RecordOf(RawAnswer answer) => Assert.Single(RecordedCalls.Of(Process.Store, answer.RequestId));

    internal Task<string> AliceAsync() => Keystone.TokenAsync("alice", "demo");
}

[CollectionDefinition(nameof(KeystoneGateway))]
public sealed class KeystoneGatewayUsers : ICollectionFixture<KeystoneGateway>;
