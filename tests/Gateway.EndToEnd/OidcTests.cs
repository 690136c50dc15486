using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Tokens of a real OpenID Connect provider, whose keys change, are withdrawn and cannot be read.</summary>
public sealed class OidcTests : IAsyncLifetime
{
    private const string Start = """{"os-start": null}""";

    private OidcProvider Provider { get; set; } = null!;

    private RecordingBackend Backend { get; set; } = null!;

    public async ValueTask InitializeAsync() => (Provider, Backend) = (await OidcProvider.StartAsync(), await RecordingBackend.StartAsync(People.DemoProject));

    public async ValueTask DisposeAsync()
    {
        await Backend.DisposeAsync();
        await Provider.DisposeAsync();
    }

    [Fact]
    public async Task Knows_a_caller_by_the_providers_claims_in_either_header()
    {
        await using var gateway = await StartAsync();
        var token = await Provider.TokenAsync("dora", People.DemoProject, "member reader");

        var bearer = await SendAsync(gateway, RawRequest.Action(null, Start).With($"Authorization: Bearer {token}"));
        var header = await SendAsync(gateway, RawRequest.Action(token, Start));
        var denied = await SendAsync(gateway, RawRequest.Action(token, """{"migrate": null}"""));
        var admin = await SendAsync(gateway, RawRequest.Action(await Provider.TokenAsync("root", "other", "admin"), """{"migrate": null}"""));

        Assert.Equal((202, 202, 403, 202), (bearer.Status, header.Status, denied.Status, admin.Status));
        Assert.Equal("dora", (string?)RecordedCalls.Of(gateway.Store, bearer.RequestId)[0].Event["initiator"]!["name"]);
        Assert.Equal(1, Provider.KeyReads);
    }

    [Fact]
    public async Task Takes_a_new_key_and_lets_go_of_a_withdrawn_one_at_the_refresh_though_tokens_were_remembered()
    {
        await using var gateway = await StartAsync("--Identity:Issuers:0:RefreshSeconds=1");
        var first = await TokenAsync();
        Assert.Equal(202, await StatusAsync(gateway, first));

        Provider.Rotate("second");
        var second = await TokenAsync();
        Assert.Equal("second", KeyIdOf(second));
        await Patience.UntilAsync(() => StatusAsync(gateway, second), status => status == 202);
        Assert.Equal(202, await StatusAsync(gateway, first));

        Provider.Withdraw("first");
        await Patience.UntilAsync(() => StatusAsync(gateway, first), status => status == 401);
        Assert.Equal(202, await StatusAsync(gateway, second));
    }

    [Fact]
    public async Task Takes_a_new_key_at_once_without_waiting_for_the_refresh()
    {
        await using var gateway = await StartAsync();
        Assert.Equal(202, await StatusAsync(gateway, await TokenAsync()));

        Provider.Rotate("second");

        Assert.Equal(202, await StatusAsync(gateway, await TokenAsync()));
        Assert.Equal(2, Provider.KeyReads);
    }

    [Theory]
    [InlineData("""{"keys": []}""")]
    [InlineData("<html>maintenance</html>")]
    public async Task Loses_no_key_to_a_bad_answer(string answer)
    {
        await using var gateway = await StartAsync("--Identity:Issuers:0:RefreshSeconds=1");
        Assert.Equal(202, await StatusAsync(gateway, await TokenAsync()));
        Provider.KeysInstead = answer;
        var before = Provider.KeyReads;
        await Patience.UntilAsync(() => Provider.KeyReads, reads => reads >= before + 2);

        Assert.Equal(202, await StatusAsync(gateway, await TokenAsync()));
        Assert.Contains("cannot be read", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flood_of_unknown_key_ids_has_the_keys_read_at_most_every_thirty_seconds_and_a_new_key_is_taken_then_at_once()
    {
        await using var gateway = await StartAsync("--Identity:FailedAttempts:Burst=0");
        Assert.Equal(202, await StatusAsync(gateway, await TokenAsync()));
        var begun = TimeProvider.System.GetTimestamp();
        var sent = 0;
        foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => StatusAsync(gateway, Unknown($"nobody-{sent++}"))))) Assert.Equal(401, answer);
        Provider.Rotate("second");
        var rotated = await TokenAsync();

        while (await StatusAsync(gateway, rotated) == 401)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromMinutes(2), "the new key is never taken");
            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => StatusAsync(gateway, Unknown($"nobody-{sent++}"))))) Assert.Equal(401, answer);
        }

        // The first, without which no key id is known, and one for each thirty seconds of the flood.
        Assert.InRange(Provider.KeyReads, 3, 2 + (int)(TimeProvider.System.GetElapsedTime(begun).TotalSeconds / 30));
    }

    [Fact]
    public async Task Answers_503_when_the_provider_cannot_be_read_from_the_start()
    {
        Provider.KeysInstead = """{"keys": []}""";
        await using var gateway = await StartAsync();

        Assert.Equal(503, await StatusAsync(gateway, await TokenAsync()));

        Provider.KeysInstead = null;
        await Patience.UntilAsync(async () => await StatusAsync(gateway, await TokenAsync()), status => status == 202);
    }

    private Task<GatewayProcess> StartAsync(params string[] more) =>
        GatewayProcess.StartAsync(own => own.WriteLimits("limits: []"), [.. Backend.Settings, .. Provider.Settings, .. more]);

    private Task<string> TokenAsync() => Provider.TokenAsync("dora", People.DemoProject, "member");

    private static Task<RawAnswer> SendAsync(GatewayProcess gateway, RawRequest request) => RawConnection.ExchangeAsync(gateway.DataPort, request);

    private static async Task<int> StatusAsync(GatewayProcess gateway, string token) => (await SendAsync(gateway, RawRequest.Action(token, Start))).Status;

    private static string KeyIdOf(string token) => (string)JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[0]))!["kid"]!;

    private string Unknown(string keyId) =>
        $"{Encode($$"""{"alg":"ES256","typ":"JWT","kid":"{{keyId}}"}""")}.{Encode($$"""{"iss":"{{Provider.Issuer}}","aud":"compute","sub":"x","exp":4000000000}""")}.{Base64Url.EncodeToString(new byte[64])}";

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
