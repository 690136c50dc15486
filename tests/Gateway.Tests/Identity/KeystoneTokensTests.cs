using System.Net;
using System.Net.Http.Headers;
using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class KeystoneTokensTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly KeystoneOptions _options = new() { UserName = "gateway", Password = "secret", ProjectName = "service", StalenessSeconds = 60, NegativeSeconds = 10 };
    private readonly FakeKeystone _keystone;
    private readonly KeystoneClient _client;
    private readonly Revocations _revocations;
    private readonly KeystoneTokens _tokens;

    public KeystoneTokensTests()
    {
        _keystone = new FakeKeystone(_time);
        _client = _keystone.Client(_options);
        _revocations = new Revocations(_time);
        _tokens = new KeystoneTokens(_client, _options, jws: null, _revocations, _time, NullLogger<KeystoneTokens>.Instance);
        _keystone.Tokens["good"] = FakeKeystone.TokenOf(_time);
    }

    public void Dispose()
    {
        _client.Dispose();
        _keystone.Dispose();
    }

    [Fact]
    public async Task Knows_the_bearer_of_a_token_that_Keystone_knows()
    {
        var token = await GoodAsync("good");

        Assert.Equal(("u1", "p1", "default"), (token.Subject.UserId, token.Subject.ProjectId, token.Subject.UserDomainId));
        Assert.Equal(["member"], token.Subject.Roles);
        Assert.Equal(_time.GetTimestamp(), token.Subject.Confirmed);
        Assert.Equal(TimeSpan.FromSeconds(60), _time.GetElapsedTime(_time.GetTimestamp(), token.StaleAt));
    }

    [Fact]
    public async Task Asks_once_for_all_who_come_with_one_token_at_once()
    {
        var gate = new TaskCompletionSource();
        await GoodAsync("good");
        _keystone.Gate = gate.Task;
        var before = _keystone.Questions;

        var waiting = Enumerable.Range(0, 100).Select(_ => GoodAsync("good")).ToArray();
        gate.SetResult();
        await Task.WhenAll(waiting);

        Assert.Equal(before + 1, _keystone.Questions);
    }

    [Fact]
    public async Task Has_no_more_than_so_many_questions_open()
    {
        var options = new KeystoneOptions { UserName = "g", Password = "s", ProjectName = "p", MaxConcurrent = 1 };
        using var client = _keystone.Client(options);
        var tokens = new KeystoneTokens(client, options, jws: null, _revocations, _time, NullLogger<KeystoneTokens>.Instance);
        var gate = new TaskCompletionSource();
        _keystone.Gate = gate.Task;
        var waiting = Enumerable.Range(0, 64).Select(i => Ask($"t{i}")).ToArray();

        var beyond = Ask("beyond");
        var shared = Ask("t0");
        Assert.True(beyond.IsCompleted);
        Assert.False(shared.IsCompleted);
        (await beyond).IsRefused(out _, out var refusal);
        Assert.Equal((503, "identity_busy", 1L), (refusal!.Status, refusal.Code, refusal.RetryAfterSeconds));

        gate.SetResult();
        await Task.WhenAll([.. waiting, shared]);
        (await Ask("beyond")).IsRefused(out _, out refusal);
        Assert.Equal(401, refusal!.Status);

        Task<Passage<VerifiedToken>> Ask(string token) => tokens.VerifyAsync(TokenKey.Of(token), token, TokenAge.Current, CancellationToken.None);
    }

    [Fact]
    public async Task One_who_goes_away_does_not_take_the_answer_from_the_others()
    {
        var gate = new TaskCompletionSource();
        _keystone.Gate = gate.Task;
        using var gone = new CancellationTokenSource();

        var first = _tokens.VerifyAsync(TokenKey.Of("good"), "good", TokenAge.Current, gone.Token);
        var second = GoodAsync("good");
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();

        Assert.Equal("u1", (await second).Subject.UserId);
    }

    [Fact]
    public async Task Remembers_for_a_while_that_a_token_is_unknown()
    {
        for (var i = 0; i < 5; i++) Assert.Equal((401, "token_unknown"), await RefusedAsync("bad"));
        Assert.Equal(1, _keystone.Questions);

        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal((401, "token_unknown"), await RefusedAsync("bad"));
        Assert.Equal(2, _keystone.Questions);
    }

    [Fact]
    public async Task Keeps_its_memory_of_unknown_tokens_bounded()
    {
        var options = new KeystoneOptions { UserName = "g", Password = "s", ProjectName = "p", CachedRefusals = 100, NegativeSeconds = 3600 };
        using var client = _keystone.Client(options);
        var tokens = new KeystoneTokens(client, options, jws: null, _revocations, _time, NullLogger<KeystoneTokens>.Instance);
        for (var i = 0; i < 1000; i++) await tokens.VerifyAsync(TokenKey.Of($"t{i}"), $"t{i}", TokenAge.Current, CancellationToken.None);
        var before = _keystone.Questions;

        for (var i = 0; i < 1000; i++) await tokens.VerifyAsync(TokenKey.Of($"t{i}"), $"t{i}", TokenAge.Current, CancellationToken.None);

        Assert.InRange(_keystone.Questions - before, 900, 1000);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(403)]
    [InlineData(302)]
    [InlineData(204)]
    public async Task Says_unavailable_when_Keystone_gives_no_answer_to_the_question(int status)
    {
        _keystone.Instead = request => request.Method == HttpMethod.Get ? new HttpResponseMessage((HttpStatusCode)status) : null;
        Assert.Equal((503, "identity_unavailable"), await RefusedAsync("good"));
        Assert.NotNull(_tokens.Fault);

        _keystone.Instead = _ => null;
        await GoodAsync("good");
        Assert.Null(_tokens.Fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"token": {"user": {"id": "u1"}}}""")]
    [InlineData("""{"token": {"user": {"id": "u1"}, "expires_at": "tomorrow"}}""")]
    [InlineData("""{"token": {"user": {"name": "u1"}, "expires_at": "2026-01-02T00:00:00Z"}}""")]
    [InlineData("""{"token": {"user": {"id": "u1"}, "expires_at": "2026-01-02T00:00:00Z", "application_credential": {"access_rules": "all"}}}""")]
    public async Task Says_unavailable_when_Keystones_answer_makes_no_sense(string body)
    {
        _keystone.Instead = request => request.Method == HttpMethod.Get ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) } : null;

        Assert.Equal((503, "identity_unavailable"), await RefusedAsync("good"));
    }

    [Theory]
    [InlineData("user", "id", "u1\r\nX-Roles: admin")]
    [InlineData("user", "name", "alice\n")]
    [InlineData("project", "id", "p1\0")]
    [InlineData("project", "name", "demo\rX-Roles: admin")]
    public async Task Refuses_a_token_that_would_become_more_headers_than_one(string part, string member, string value)
    {
        var token = FakeKeystone.TokenOf(_time);
        token[part]![member] = value;
        _keystone.Tokens["odd"] = token;
        Assert.Equal((401, "token_control_character"), await RefusedAsync("odd"));
        Assert.Null(_tokens.Fault);

        token = FakeKeystone.TokenOf(_time);
        token["roles"]!.AsArray().Add(new System.Text.Json.Nodes.JsonObject { ["name"] = value });
        _keystone.Tokens["role"] = token;
        Assert.Equal((401, "token_control_character"), await RefusedAsync("role"));
    }

    [Fact]
    public async Task Passes_on_when_Keystone_says_to_come_again()
    {
        _keystone.Instead = request =>
        {
            if (request.Method != HttpMethod.Get) return null;
            var answer = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
            answer.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(7));
            return answer;
        };

        (await VerifyAsync("good")).IsRefused(out _, out var refusal);

        Assert.Equal((503, 7L), (refusal!.Status, refusal.RetryAfterSeconds));
    }

    [Fact]
    public async Task Says_unavailable_when_Keystone_does_not_answer_in_time()
    {
        _keystone.Gate = new TaskCompletionSource().Task;

        var asked = RefusedAsync("good");
        _time.Advance(TimeSpan.FromMilliseconds(_options.TimeoutMilliseconds + 1));

        Assert.Equal((503, "identity_unavailable"), await asked);
    }

    [Fact]
    public async Task Tries_once_more_when_a_kept_connection_was_closed_and_not_when_none_can_be_made()
    {
        await GoodAsync("good");
        var failures = 1;
        _keystone.Instead = _ => failures-- > 0 ? throw new HttpRequestException(HttpRequestError.ResponseEnded, "closed") : null;
        await GoodAsync("good");

        failures = 2;
        Assert.Equal((503, "identity_unavailable"), await RefusedAsync("good"));

        var before = _keystone.Questions;
        failures = 1;
        _keystone.Instead = _ => failures-- > 0 ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused") : null;
        Assert.Equal((503, "identity_unavailable"), await RefusedAsync("good"));
        Assert.Equal(before + 1, _keystone.Questions);
    }

    [Fact]
    public async Task Logs_in_once_for_all_and_again_when_its_own_token_ends()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => VerifyAsync($"t{i}")));
        Assert.Equal(1, _keystone.LogIns);

        _time.Advance(TimeSpan.FromMinutes(59.5));
        await VerifyAsync("other");
        Assert.Equal(2, _keystone.LogIns);
    }

    [Fact]
    public async Task Logs_in_again_when_its_own_token_is_no_longer_accepted()
    {
        await GoodAsync("good");
        _keystone.OwnTokens.Clear();
        // A token that is refused as soon as it is there is not mended by another log-in.
        Assert.Equal((503, "identity_unavailable"), await RefusedAsync("good"));
        Assert.Equal(1, _keystone.LogIns);
        _time.Advance(TimeSpan.FromSeconds(6));

        await GoodAsync("good");

        Assert.Equal(2, _keystone.LogIns);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task Takes_401_and_403_for_the_token_in_question_while_its_own_is_good_and_remembers_it(HttpStatusCode status)
    {
        _keystone.Refusals["without roles"] = status;
        await GoodAsync("good");
        var before = _keystone.Questions;

        for (var i = 0; i < 5; i++) Assert.Equal((401, "token_unknown"), await RefusedAsync("without roles"));

        Assert.Equal((before + 2, 1), (_keystone.Questions, _keystone.LogIns));
        Assert.Null(_tokens.Fault);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task Says_unavailable_when_its_own_token_is_refused_even_when_it_is_new(HttpStatusCode status)
    {
        await GoodAsync("good");
        _time.Advance(TimeSpan.FromSeconds(6));
        _keystone.Instead = request => request.Method == HttpMethod.Get ? new HttpResponseMessage(status) : null;

        for (var i = 0; i < 3; i++) Assert.Equal((503, "identity_unavailable"), await RefusedAsync("good"));

        Assert.Equal(2, _keystone.LogIns);
    }

    [Fact]
    public async Task Says_unavailable_when_the_service_user_may_validate_no_token_but_its_own()
    {
        _keystone.Refusals["good"] = HttpStatusCode.Forbidden;

        Assert.Equal((503, "identity_unavailable"), await RefusedAsync("good"));

        Assert.EndsWith("give it the role `service` or `admin` in its project", _tokens.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>404 Not Found</html>")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"error": {"code": "404"}}""")]
    [InlineData("""{"error": {"code": 500}}""")]
    public async Task Takes_404_for_no_only_in_Keystones_words(string body)
    {
        _keystone.Instead = request => request.Method == HttpMethod.Get ? new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent(body) } : null;
        Assert.Equal((503, "identity_unavailable"), await RefusedAsync("good"));

        _keystone.Instead = _ => null;
        await GoodAsync("good");
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(500)]
    public async Task Says_unavailable_when_it_cannot_log_in_and_does_not_try_a_refused_password_again_at_once(int status)
    {
        _keystone.Instead = request => request.Method == HttpMethod.Post ? new HttpResponseMessage((HttpStatusCode)status) : null;

        for (var i = 0; i < 5; i++) Assert.Equal((503, "identity_unavailable"), await RefusedAsync($"t{i}"));

        Assert.Equal(status == 500 ? 5 : 1, _keystone.LogIns);
        _keystone.Instead = _ => null;
        _time.Advance(TimeSpan.FromSeconds(6));
        await GoodAsync("good");
    }

    [Fact]
    public async Task Logs_in_as_configured()
    {
        await GoodAsync("good");
        Assert.Equal(
            """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"gateway","domain":{"name":"Default"},"password":"secret"}}},"scope":{"project":{"name":"service","domain":{"name":"Default"}}}}}""",
            _keystone.LastLogIn);

        using var client = _keystone.Client(new KeystoneOptions { ApplicationCredentialId = "ac", ApplicationCredentialSecret = "s" });
        await client.DescribeAsync("good", TokenAge.Current, CancellationToken.None);
        Assert.Equal(
            """{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"id":"ac","secret":"s"}}}}""", _keystone.LastLogIn);
    }

    [Fact]
    public async Task Knows_an_expired_token_only_for_those_who_may_go_on_with_it_and_keeps_the_two_answers_apart()
    {
        _keystone.Tokens["old"] = FakeKeystone.TokenOf(_time, seconds: -60);
        Assert.Equal((401, "token_unknown"), await RefusedAsync("old"));

        Assert.False((await VerifyAsync("old", TokenAge.Any)).IsRefused(out var token, out _));
        Assert.Equal("u1", token!.Subject.UserId);
        Assert.Equal((401, "token_unknown"), await RefusedAsync("old"));
    }

    [Fact]
    public async Task Its_own_token_is_lent_only_where_it_is_an_administrators()
    {
        Assert.Null(await _client.AdministratorTokenAsync(CancellationToken.None));

        _keystone.OwnRole = "admin";
        using var client = _keystone.Client(_options);
        Assert.Equal("own-2", await client.AdministratorTokenAsync(CancellationToken.None));
        Assert.Equal("own-2", await client.AdministratorTokenAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Who_asks_for_its_own_token_while_there_is_none_to_be_had_learns_that()
    {
        _keystone.Instead = _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");

        var fault = await Assert.ThrowsAsync<IdentityUnavailableException>(() => _client.AdministratorTokenAsync(CancellationToken.None));

        Assert.Equal("http://keystone.example/v3: cannot be reached: refused", fault.Message);
    }

    private Task<Passage<VerifiedToken>> VerifyAsync(string token, TokenAge age = TokenAge.Current) =>
        _tokens.VerifyAsync(TokenKey.Of(token), token, age, CancellationToken.None);

    private async Task<VerifiedToken> GoodAsync(string token)
    {
        Assert.False((await VerifyAsync(token)).IsRefused(out var verified, out var refusal), refusal?.Detail);
        return verified!;
    }

    private async Task<(int Status, string Code)> RefusedAsync(string token)
    {
        Assert.True((await VerifyAsync(token)).IsRefused(out _, out var refusal));
        if (refusal!.Status == 503) Assert.NotNull(refusal.RetryAfterSeconds);
        return (refusal.Status, refusal.Code);
    }
}
