using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>A real Keystone that issues JWS tokens: the gateway verifies them with its public keys and asks only about good ones.</summary>
public sealed class KeystoneJwsTests
{
    private const string Start = """{"os-start": null}""";

    [Fact]
    public async Task Asks_about_good_tokens_and_refuses_forged_ones_by_itself()
    {
        await using var keystone = await KeystoneProcess.StartAsync("jws");
        await using var proxy = await KeystoneProxy.StartAsync(keystone.AuthUrl);
        await using var backend = await RecordingBackend.StartAsync(keystone.DemoProject);
        await using var gateway = await GatewayProcess.StartAsync(
            own => own.WriteLimits("limits: []"),
            [.. backend.Settings, .. KeystoneProcess.SettingsFor(proxy.AuthUrl), $"--Identity:Keystone:PublicKeysFolder={keystone.Path("jws-public")}"]);
        var token = await keystone.TokenAsync("alice", "demo");
        Assert.Equal(3, token.Split('.').Length);

        Assert.Equal(202, (await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, Start))).Status);
        Assert.Equal(403, (await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(token, """{"migrate": null}"""))).Status);
        Assert.Equal(1, proxy.Validations);

        var parts = token.Split('.');
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!.AsObject();
        claims["sub"] = "somebody-else";
        var forged = $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}.{parts[2]}";
        var answer = await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(forged, Start));

        Assert.Equal(401, answer.Status);
        Assert.Equal("token_signature", Assert.Single(RecordedCalls.Of(gateway.Store, answer.RequestId)).ReasonCode);
        Assert.Equal(1, proxy.Validations);

        // Verified here, and yet revoked there: what is not remembered is asked about.
        var second = await keystone.TokenAsync("alice", "demo");
        await keystone.RevokeAsync(second);
        Assert.Equal(401, (await RawConnection.ExchangeAsync(gateway.DataPort, RawRequest.Action(second, Start))).Status);
    }
}
