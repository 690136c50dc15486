using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class AuthenticatorWithKeystoneTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeKeystone _keystone;
    private readonly KeystoneClient _client;
    private readonly Authenticator _authenticator;

    public AuthenticatorWithKeystoneTests()
    {
        var options = new KeystoneOptions { UserName = "gateway", Password = "secret", ProjectName = "service" };
        _keystone = new FakeKeystone(_time);
        _keystone.Tokens["good"] = FakeKeystone.TokenOf(_time);
        _client = _keystone.Client(options);
        _authenticator = new Authenticator(
            new IdentityOptions(),
            new JwtTokens(new Dictionary<string, IssuerKeys>(StringComparer.Ordinal)),
            new KeystoneTokens(_client, options, jws: null, new Revocations(_time), _time, NullLogger<KeystoneTokens>.Instance),
            new TokenCache(100, _time),
            new AttemptLimit(new FailedAttemptOptions { Burst = 2, PerSecond = 1 }, _time));
    }

    public void Dispose()
    {
        _client.Dispose();
        _keystone.Dispose();
    }

    [Fact]
    public async Task Who_hangs_up_on_the_question_does_not_get_the_attempt_back()
    {
        var gate = new TaskCompletionSource();
        _keystone.Gate = gate.Task;
        for (var i = 0; i < 2; i++)
        {
            using var gone = new CancellationTokenSource();
            var asked = AuthenticateAsync("X-Auth-Token", $"guess-{i}", gone.Token);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }

        gate.SetResult();
        Assert.Equal((429, "authentication_limited"), await RefusedAsync("X-Auth-Token", "guess-3"));
    }

    [Fact]
    public async Task Who_is_answered_with_anything_but_no_gets_the_attempt_back()
    {
        for (var i = 0; i < 5; i++)
        {
            _keystone.Tokens[$"good-{i}"] = FakeKeystone.TokenOf(_time);
            Assert.False((await AuthenticateAsync("X-Auth-Token", $"good-{i}")).IsRefused(out _, out _));
        }

        _keystone.Instead = _ => new HttpResponseMessage(System.Net.HttpStatusCode.BadGateway);
        for (var i = 0; i < 5; i++) Assert.Equal((503, "identity_unavailable"), await RefusedAsync("X-Auth-Token", $"other-{i}"));
    }

    [Fact]
    public async Task Takes_no_token_of_Keystones_as_a_bearers_known_or_not()
    {
        Assert.Equal((401, "token_issuer_unknown"), await RefusedAsync("Authorization", "Bearer good"));
        Assert.False((await AuthenticateAsync("X-Auth-Token", "good")).IsRefused(out _, out _));

        Assert.Equal((401, "token_issuer_unknown"), await RefusedAsync("Authorization", "Bearer good"));
        Assert.False((await AuthenticateAsync("X-Auth-Token", "good")).IsRefused(out _, out _));
    }

    private Task<Passage<Subject>> AuthenticateAsync(string header, string token, CancellationToken aborted = default)
    {
        var context = new DefaultHttpContext { RequestAborted = aborted };
        context.Request.Headers[header] = token;
        return _authenticator.AuthenticateAsync(context).AsTask();
    }

    private async Task<(int Status, string Code)> RefusedAsync(string header, string token)
    {
        Assert.True((await AuthenticateAsync(header, token)).IsRefused(out _, out var refusal));
        return (refusal!.Status, refusal.Code);
    }
}
