using System.Security.Cryptography;
using Gateway.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class IssuerKeysTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly KeySource _source = new();
    private readonly IssuerKeys _keys;

    public IssuerKeysTests() => _keys = new IssuerKeys("https://i", _source, _time, NullLogger.Instance);

    [Fact]
    public async Task Lets_all_who_wait_share_one_reading()
    {
        _source.Publish("k1");
        _source.Gate = new TaskCompletionSource();
        var waiting = Enumerable.Range(0, 50).Select(_ => _keys.FindAsync("k1", CancellationToken.None).AsTask()).ToArray();
        _source.Gate.SetResult();

        foreach (var one in waiting) Assert.NotNull((await one).Key);
        Assert.Equal(1, _source.Readings);
    }

    [Fact]
    public async Task Says_unavailable_while_there_are_no_keys_and_tries_again_after_a_pause()
    {
        _source.Fail();
        for (var i = 0; i < 5; i++) Assert.Equal(503, (await _keys.FindAsync("k1", CancellationToken.None)).Refusal?.Status);
        Assert.Equal(1, _source.Readings);

        _source.Publish("k1");
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull((await _keys.FindAsync("k1", CancellationToken.None)).Key);
    }

    [Fact]
    public async Task Takes_a_new_key_at_once()
    {
        _source.Publish("k1");
        await _keys.FindAsync("k1", CancellationToken.None);
        _source.Publish("k1", "k2");

        Assert.NotNull((await _keys.FindAsync("k2", CancellationToken.None)).Key);
    }

    [Fact]
    public async Task Takes_a_key_that_is_new_right_after_a_scheduled_reading_at_once_and_the_next_after_thirty_seconds()
    {
        _source.Publish("k1");
        await _keys.RefreshAsync();
        _source.Publish("k2");
        Assert.NotNull((await _keys.FindAsync("k2", CancellationToken.None)).Key);

        _source.Publish("k3");
        Assert.Null((await _keys.FindAsync("k3", CancellationToken.None)).Key);
        _time.Advance(IssuerKeys.ReadInterval);
        Assert.NotNull((await _keys.FindAsync("k3", CancellationToken.None)).Key);
    }

    [Fact]
    public async Task Reads_once_more_when_the_reading_that_was_under_way_did_not_bring_the_key()
    {
        _source.Publish("k1");
        await _keys.RefreshAsync();
        var gate = _source.Gate = new TaskCompletionSource();
        var scheduled = _keys.RefreshAsync();
        await _source.Begun(2);
        var waiting = _keys.FindAsync("k2", CancellationToken.None);
        _source.Gate = null;
        // The reading under way has been answered already.
        _source.Publish("k2");
        gate.SetResult();

        Assert.NotNull((await waiting).Key);
        await scheduled;
        Assert.Equal(3, _source.Readings);
    }

    [Fact]
    public async Task Keeps_both_keys_of_one_id_and_lets_go_of_them_when_either_changes()
    {
        _source.Publish("k1", "k2");
        _source.Rename("k2", "k1");
        var (key, _) = await _keys.FindAsync("k1", CancellationToken.None);
        Assert.Equal(2, key!.Keys.Count);
        Assert.Equal(2, _keys.ToTry("k1").Count);
        await _keys.RefreshAsync();
        Assert.False(key.IsWithdrawn);

        _source.Withdraw("k2");
        await _keys.RefreshAsync();

        Assert.True(key.IsWithdrawn);
        Assert.Single(_keys.ToTry("k1"));
    }

    [Fact]
    public async Task Says_why_when_no_key_has_an_id()
    {
        _source.Publish("k1");
        _source.Rename("k1", "");

        var (_, refusal) = await _keys.FindAsync("k1", CancellationToken.None);

        Assert.Equal("the keys of https://i cannot be read: the key set holds no signing key with a key id", refusal?.Detail);
    }

    [Fact]
    public async Task Reads_at_most_every_thirty_seconds_however_many_unknown_keys_are_asked_for()
    {
        _source.Publish("k1");
        await _keys.FindAsync("k1", CancellationToken.None);
        for (var second = 0; second < 60; second++)
        {
            for (var i = 0; i < 100; i++) Assert.Equal((null, null), await _keys.FindAsync($"{second}-{i}", CancellationToken.None));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // The first one, without which no key id is known; and one for each thirty seconds of the flood.
        Assert.Equal(3, _source.Readings);
    }

    [Theory]
    [InlineData("""{"keys": []}""")]
    [InlineData("{}")]
    [InlineData("nonsense")]
    [InlineData("""{"keys": [{"kty": "oct", "kid": "k9", "k": "AAAA"}]}""")]
    [InlineData("""{"keys": [{"kty": "RSA", "kid": "k9", "use": "enc", "n": "AQAB", "e": "AQAB"}]}""")]
    public async Task Loses_no_key_to_a_bad_answer(string answer)
    {
        _source.Publish("k1");
        var (key, _) = await _keys.FindAsync("k1", CancellationToken.None);
        _source.Text = answer;
        _time.Advance(IssuerKeys.ReadInterval);

        var (none, refusal) = await _keys.FindAsync("k9", CancellationToken.None);

        // The issuer has not denied it.
        Assert.Equal((null, 503), (none, refusal?.Status));
        Assert.Equal((key, false), ((await _keys.FindAsync("k1", CancellationToken.None)).Key, key!.IsWithdrawn));
    }

    [Fact]
    public async Task A_key_that_is_no_longer_published_is_withdrawn_at_the_next_reading()
    {
        _source.Publish("k1", "k2");
        var (first, _) = await _keys.FindAsync("k1", CancellationToken.None);
        var (second, _) = await _keys.FindAsync("k2", CancellationToken.None);
        _source.Withdraw("k1");

        await _keys.RefreshAsync();

        Assert.Equal((true, false), (first!.IsWithdrawn, second!.IsWithdrawn));
        Assert.Equal((null, null), await _keys.FindAsync("k1", CancellationToken.None));
        Assert.Same(second, (await _keys.FindAsync("k2", CancellationToken.None)).Key);
    }

    [Fact]
    public async Task A_key_replaced_under_the_same_id_is_another()
    {
        _source.Publish("k1");
        var (first, _) = await _keys.FindAsync("k1", CancellationToken.None);
        _source.Withdraw("k1");
        _source.Publish("k1");

        await _keys.RefreshAsync();

        Assert.True(first!.IsWithdrawn);
        Assert.False((await _keys.FindAsync("k1", CancellationToken.None)).Key!.IsWithdrawn);
    }

    [Fact]
    public async Task The_refresh_reads_the_set_whether_or_not_tokens_come()
    {
        _source.Publish("k1");
        using var refresh = new KeyRefresh([(_keys, TimeSpan.FromMinutes(5))], _time);
        await refresh.StartAsync(CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            // The refresh may not have begun to wait when the clock is first moved.
            var tries = 0;
            do _time.Advance(TimeSpan.FromMinutes(5));
            while (!await _source.Read.WaitAsync(TimeSpan.FromMilliseconds(100)) && ++tries < 100);
        }

        await refresh.StopAsync(CancellationToken.None);
        Assert.True(_source.Readings >= 3);
    }

    private sealed class KeySource : IKeySetSource
    {
        private readonly Dictionary<string, string> _published = new(StringComparer.Ordinal);

        public TaskCompletionSource? Gate { get; set; }

        public string? Text { get; set; }

        public int Readings { get; private set; }

        public SemaphoreSlim Read { get; } = new(0);

        public void Publish(params string[] ids)
        {
            Text = null;
            foreach (var id in ids)
            {
                if (_published.ContainsKey(id)) continue;
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                var point = key.ExportParameters(false).Q;
                _published[id] = $$"""{"kty":"EC","crv":"P-256","use":"sig","kid":"{{id}}","x":"{{Base64UrlEncoder.Encode(point.X)}}","y":"{{Base64UrlEncoder.Encode(point.Y)}}"}""";
            }
        }

        public void Withdraw(string id) => _published.Remove(id);

        /// <summary>Publishes a key under another id.</summary>
        public void Rename(string id, string other) => _published[id] = _published[id].Replace($"\"kid\":\"{id}\"", $"\"kid\":\"{other}\"", StringComparison.Ordinal);

        /// <summary>Waits for the reading of a number to have begun.</summary>
        public async Task Begun(int reading)
        {
            while (Readings < reading) await Read.WaitAsync();
        }

        public void Fail() => Text = "nonsense";

        public async Task<JsonWebKeySet> ReadAsync(CancellationToken cancel)
        {
            Readings++;
            // As a server does: what is there when it is asked, however long the answer takes.
            var answer = Text ?? $$"""{"keys":[{{string.Join(',', _published.Values)}}]}""";
            var gate = Gate;
            Read.Release();
            if (gate is not null) await gate.Task;
            return new JsonWebKeySet(answer);
        }
    }
}
