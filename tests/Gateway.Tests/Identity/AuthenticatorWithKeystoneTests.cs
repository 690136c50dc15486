using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class AuthenticatorWithKeystoneTests : IDisposable
{
    private readonly SteppedTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeKeystone _keystone;
    private readonly KeystoneClient _client;
    private readonly Authenticator _authenticator;

    public AuthenticatorWithKeystoneTests()
    {
        var options = new KeystoneOptions { UserName = "gateway", Password = "secret", ProjectName = "service", StalenessSeconds = 60, NegativeSeconds = 10 };
        var revocations = new Revocations(_time);
        _keystone = new FakeKeystone(_time);
        _keystone.Tokens["good"] = FakeKeystone.TokenOf(_time);
        _client = _keystone.Client(options);
        _authenticator = new Authenticator(
            new IdentityOptions(),
            new JwtTokens(new Dictionary<string, IssuerKeys>(StringComparer.Ordinal)),
            new KeystoneTokens(_client, options, jws: null, revocations, _time, NullLogger<KeystoneTokens>.Instance),
            new TokenCache(100, revocations, _time),
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
    public async Task More_good_callers_at_once_than_may_fail_are_all_answered()
    {
        var gate = new TaskCompletionSource();
        _keystone.Gate = gate.Task;
        for (var i = 0; i < 5; i++) _keystone.Tokens[$"good-{i}"] = FakeKeystone.TokenOf(_time);

        // Two of the same token, too: the second finds it known.
        var asked = Enumerable.Range(0, 10).Select(i => AuthenticateAsync("X-Auth-Token", $"good-{i % 5}")).ToList();
        Assert.All(asked, one => Assert.False(one.IsCompleted));
        gate.SetResult();

        Assert.All(await Task.WhenAll(asked), one => Assert.False(one.IsRefused(out _, out _)));
    }

    [Fact]
    public async Task Takes_no_token_of_Keystones_as_a_bearers_known_or_not()
    {
        Assert.Equal((401, "token_issuer_unknown"), await RefusedAsync("Authorization", "Bearer good"));
        Assert.False((await AuthenticateAsync("X-Auth-Token", "good")).IsRefused(out _, out _));

        Assert.Equal((401, "token_issuer_unknown"), await RefusedAsync("Authorization", "Bearer good"));
        Assert.False((await AuthenticateAsync("X-Auth-Token", "good")).IsRefused(out _, out _));
    }

    [Fact]
    public async Task Asks_again_once_the_staleness_is_over_whatever_the_wall_clock_says()
    {
        _keystone.Tokens["good"] = FakeKeystone.TokenOf(_time, seconds: 600);
        await AuthenticateAsync("X-Auth-Token", "good");
        var before = _keystone.Questions;

        _time.Advance(TimeSpan.FromSeconds(59));
        await AuthenticateAsync("X-Auth-Token", "good");
        Assert.Equal(before, _keystone.Questions);
        _time.Step = -TimeSpan.FromMinutes(30);
        _time.Advance(TimeSpan.FromSeconds(1));
        await AuthenticateAsync("X-Auth-Token", "good");
        Assert.Equal(before + 1, _keystone.Questions);
    }

    [Fact]
    public async Task Relies_on_no_token_beyond_its_own_end()
    {
        _keystone.Tokens["short"] = FakeKeystone.TokenOf(_time, seconds: 20);
        Assert.False((await AuthenticateAsync("X-Auth-Token", "short")).IsRefused(out _, out _));

        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal((401, "token_unknown"), await RefusedAsync("X-Auth-Token", "short"));
    }

    [Fact]
    public async Task A_service_goes_on_with_a_users_token_that_has_expired_meanwhile()
    {
        _keystone.Tokens["service"] = FakeKeystone.TokenOf(_time, "nova", role: "service");
        _keystone.Tokens["user"] = FakeKeystone.TokenOf(_time, seconds: -60);

        Assert.False((await WithServiceAsync("user", "service")).IsRefused(out var subject, out _));
        Assert.Equal(("u1", "nova"), (subject!.UserId, subject.Service!.UserId));

        // Remembered or not, it is nobody else's.
        Assert.Equal((401, "token_unknown"), await RefusedAsync("X-Auth-Token", "user"));
        var before = _keystone.Questions;
        Assert.False((await WithServiceAsync("user", "service")).IsRefused(out _, out _));
        Assert.Equal(before, _keystone.Questions);

        // No longer than any other answer.
        _time.Advance(TimeSpan.FromSeconds(61));
        _keystone.Tokens.Remove("user");
        Assert.True((await WithServiceAsync("user", "service")).IsRefused(out _, out var refusal));
        Assert.Equal((401, "token_unknown"), (refusal!.Status, refusal.Code));
    }

    [Theory]
    [InlineData("member", -1, "service_token_unknown")]
    [InlineData("service", -1, "service_token_unknown")]
    [InlineData("member", 3600, "service_token_role")]
    public async Task Nobody_but_a_service_with_a_token_within_its_time_goes_on_with_an_expired_one(string role, int seconds, string code)
    {
        _keystone.Tokens["service"] = FakeKeystone.TokenOf(_time, "nova", seconds, role: role);
        _keystone.Tokens["user"] = FakeKeystone.TokenOf(_time, seconds: -60);

        Assert.True((await WithServiceAsync("user", "service")).IsRefused(out _, out var refusal));

        Assert.Equal((401, code), (refusal!.Status, refusal.Code));
    }

    [Fact]
    public async Task A_credential_with_access_rules_opens_nothing_on_the_operators_listener()
    {
        var restricted = FakeKeystone.TokenOf(_time);
        restricted["application_credential"] = System.Text.Json.Nodes.JsonNode.Parse(
            """{"id": "ac1", "access_rules": [{"service": "compute", "method": "GET", "path": "/v1/events"}]}""");
        _keystone.Tokens["restricted"] = restricted;
        var context = Context("X-Auth-Token", "restricted");
        context.Request.Method = "GET";
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget = "/v1/events";

        Assert.True((await _authenticator.AuthenticateOperatorAsync(context)).IsRefused(out _, out var refusal));

        Assert.Equal((401, "access_rule"), (refusal!.Status, refusal.Code));
        Assert.False((await _authenticator.AuthenticateOperatorAsync(Context("X-Auth-Token", "good"))).IsRefused(out _, out _));
    }

    private Task<Passage<Subject>> WithServiceAsync(string user, string service)
    {
        var context = Context("X-Auth-Token", user);
        context.Request.Headers["X-Service-Token"] = service;
        return _authenticator.AuthenticateAsync(context).AsTask();
    }

    private static DefaultHttpContext Context(string header, string token)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers[header] = token;
        return context;
    }

    private Task<Passage<Subject>> AuthenticateAsync(string header, string token, CancellationToken aborted = default)
    {
        var context = Context(header, token);
        context.RequestAborted = aborted;
        return _authenticator.AuthenticateAsync(context).AsTask();
    }

    private async Task<(int Status, string Code)> RefusedAsync(string header, string token)
    {
        Assert.True((await AuthenticateAsync(header, token)).IsRefused(out _, out var refusal));
        return (refusal!.Status, refusal.Code);
    }
}
