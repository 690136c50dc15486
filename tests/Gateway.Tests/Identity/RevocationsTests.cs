using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class RevocationsTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Noon);
    private readonly KeystoneOptions _options = new() { UserName = "gateway", Password = "secret", ProjectName = "service", StalenessSeconds = 300 };
    private readonly FakeKeystone _keystone;
    private readonly KeystoneClient _client;
    private readonly Revocations _revocations;
    private readonly TokenCache _cache;
    private readonly RevocationWatch _watch;

    public RevocationsTests()
    {
        _keystone = new FakeKeystone(_time);
        _client = _keystone.Client(_options);
        _revocations = new Revocations(_time);
        _cache = new TokenCache(100, _revocations, _time);
        _watch = new RevocationWatch(_client, _revocations, _options, _time, NullLogger<RevocationWatch>.Instance);
        Remember("alice", new Subject { UserId = "u1", ProjectId = "p1", UserDomainId = "d1", AuditIds = ["a1", "c1"], IssuedAt = Noon });
        Remember("bob", new Subject { UserId = "u2", ProjectId = "p2", UserDomainId = "d1", AuditIds = ["a2"], IssuedAt = Noon.AddMinutes(5) });
    }

    public void Dispose()
    {
        _watch.Dispose();
        _client.Dispose();
        _keystone.Dispose();
    }

    [Theory]
    [InlineData("""{"audit_id": "a1"}""", "bob")]
    [InlineData("""{"audit_id": "c1"}""", "alice,bob")]
    [InlineData("""{"audit_chain_id": "c1"}""", "bob")]
    [InlineData("""{"audit_chain_id": "a2"}""", "alice")]
    [InlineData("""{"user_id": "u2"}""", "alice")]
    [InlineData("""{"user_id": "u2", "issued_before": "2026-01-01T12:01:00Z"}""", "alice,bob")]
    [InlineData("""{"issued_before": "2026-01-01T12:01:00Z"}""", "bob")]
    [InlineData("""{"user_id": "u1", "project_id": "p2"}""", "alice,bob")]
    [InlineData("""{"domain_id": "d1"}""", "")]
    [InlineData("""{"domain_id": "d2"}""", "alice,bob")]
    [InlineData("""{"role_id": "r9"}""", "")]
    public async Task An_event_has_the_tokens_it_may_speak_of_verified_anew(string one, string left)
    {
        var revoked = JsonNode.Parse(one)!.AsObject();
        revoked["revoked_at"] = "2026-01-01T12:01:00Z";
        _keystone.Events = [revoked];

        await _watch.ReadAsync(CancellationToken.None);

        Assert.Equal(left, string.Join(',', new[] { "alice", "bob" }.Where(name => _cache.Find(TokenKey.Of(name)) is not null)));
    }

    [Fact]
    public async Task An_event_counts_once()
    {
        _keystone.Events = [JsonNode.Parse("""{"user_id": "u1", "revoked_at": "2026-01-01T12:01:00Z"}""")];
        await _watch.ReadAsync(CancellationToken.None);
        Remember("alice", new Subject { UserId = "u1" });

        await _watch.ReadAsync(CancellationToken.None);

        Assert.NotNull(_cache.Find(TokenKey.Of("alice")));
    }

    [Fact]
    public async Task An_answer_from_before_a_revocation_does_not_count_though_it_is_remembered_after_it()
    {
        var asked = _revocations.Latest;
        _keystone.Events = [JsonNode.Parse("""{"user_id": "u1", "revoked_at": "2026-01-01T12:01:00Z"}""")];
        await _watch.ReadAsync(CancellationToken.None);

        Remember("alice", new Subject { UserId = "u1" }, asked);
        Remember("bob", new Subject { UserId = "u2" }, asked);

        Assert.Null(_cache.Find(TokenKey.Of("alice")));
        Assert.NotNull(_cache.Find(TokenKey.Of("bob")));
    }

    [Fact]
    public void A_token_that_nobody_used_while_an_event_was_kept_is_verified_anew()
    {
        Add("""{"user_id": "u1", "revoked_at": "2026-01-01T12:00:00Z"}""");
        _time.Advance(TimeSpan.FromMinutes(11));
        Add("""{"user_id": "u9", "revoked_at": "2026-01-01T12:11:00Z"}""");

        Assert.Null(_cache.Find(TokenKey.Of("bob")));
        Remember("bob", new Subject { UserId = "u2" });
        Assert.NotNull(_cache.Find(TokenKey.Of("bob")));
    }

    [Theory]
    [InlineData("2026-01-01T11:59:00Z", "2026-01-01T11:59:00Z")]
    [InlineData("2026-01-01T13:00:00Z", "2026-01-01T12:00:00Z")]
    public void Reads_on_from_the_newest_event_and_never_from_a_time_to_come(string revoked, string newest)
    {
        Add($$"""{"user_id": "u1", "revoked_at": "{{revoked}}"}""");

        Assert.Equal(DateTimeOffset.Parse(newest, System.Globalization.CultureInfo.InvariantCulture), _revocations.Newest);
    }

    [Fact]
    public async Task A_Keystone_without_events_or_without_answer_changes_nothing()
    {
        _keystone.Events = null;
        await _watch.ReadAsync(CancellationToken.None);
        _keystone.Instead = _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");
        await _watch.ReadAsync(CancellationToken.None);

        Assert.NotNull(_cache.Find(TokenKey.Of("alice")));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"events": 1}""")]
    [InlineData("""{"events": [1]}""")]
    public void Says_when_it_is_no_list_of_events(string json) => Assert.Throws<JsonException>(() => _revocations.Add(System.Text.Encoding.UTF8.GetBytes(json)));

    private void Add(string one) => _revocations.Add(System.Text.Encoding.UTF8.GetBytes($$"""{"events": [{{one}}]}"""));

    private void Remember(string token, Subject subject, long? asked = null) => _cache.Add(
        TokenKey.Of(token), new VerifiedToken(subject with { ExpiresAt = Noon.AddHours(1) }) { StaleAt = long.MaxValue, Revocations = asked ?? _revocations.Latest });
}
