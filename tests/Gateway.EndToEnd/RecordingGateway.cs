using Xunit;

namespace Gateway.EndToEnd;

/// <summary>A gateway with the development identity in front of a recording backend; shared by the tests of what may and what may not pass.</summary>
public sealed class RecordingGateway : IAsyncLifetime
{
    internal RecordingBackend Backend { get; private set; } = null!;

    internal GatewayProcess Process { get; private set; } = null!;

    /// <summary>A member of the project that owns the server.</summary>
    internal string Alice { get; private set; } = "";

    internal string Admin { get; private set; } = "";

    /// <summary>A member of another project.</summary>
    internal string Bob { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Backend = await RecordingBackend.StartAsync(People.DemoProject);
        Process = await GatewayProcess.StartAsync(gateway => gateway.WriteLimits("limits: []"), Backend.Settings);
        var clients = new Clients(Process);
        (Alice, Admin, Bob) = (await clients.TokenAsync("alice"), await clients.TokenAsync("admin"), await clients.TokenAsync("bob"));
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await Backend.DisposeAsync();
    }

    internal Task<RawAnswer> SendAsync(RawRequest request) => RawConnection.ExchangeAsync(Process.DataPort, request);

    /// <summary>The records of a call. A refusal's is there before its answer; an outcome may come a moment after.</summary>
    internal Task<IReadOnlyList<RecordedCall>> RecordsAsync(RawAnswer answer, int count) =>
        Patience.UntilAsync(() => RecordedCalls.Of(Process.Store, answer.RequestId), records => records.Count == count);
}

[CollectionDefinition(nameof(RecordingGateway))]
public sealed class RecordingGatewayUsers : ICollectionFixture<RecordingGateway>;
