using Gateway.Identity;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class IssuerSchemeTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly KeySource _source = new();
    private readonly IssuerScheme _scheme;

    public IssuerSchemeTests() => _scheme = new IssuerScheme(
        "jwt:i", "i", new ConfigurationManager<OpenIdConnectConfiguration>("https://i/keys", _source, new HttpDocumentRetriever()), _time);

    [Fact]
    public async Task Lets_all_who_wait_share_one_reading()
    {
        var waiting = Enumerable.Range(0, 5).Select(_ => _scheme.KeysReadAsync(CancellationToken.None)).ToArray();
        _source.Answer.SetException(new IOException("hung up"));
        foreach (var one in waiting) await Assert.ThrowsAsync<InvalidOperationException>(() => one);
        Assert.Equal(1, _source.Readings);
    }

    [Fact]
    public async Task Tries_again_only_after_a_pause()
    {
        _source.Answer.SetException(new IOException("hung up"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _scheme.KeysReadAsync(CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _scheme.KeysReadAsync(CancellationToken.None));
        Assert.Equal(1, _source.Readings);

        _source.Answer = new TaskCompletionSource<OpenIdConnectConfiguration>();
        _source.Answer.SetResult(new OpenIdConnectConfiguration { Issuer = "i" });
        _time.Advance(TimeSpan.FromSeconds(2));
        await _scheme.KeysReadAsync(CancellationToken.None);
        Assert.Equal(2, _source.Readings);
    }

    private sealed class KeySource : IConfigurationRetriever<OpenIdConnectConfiguration>
    {
        public TaskCompletionSource<OpenIdConnectConfiguration> Answer { get; set; } = new();

        public int Readings { get; private set; }

        public Task<OpenIdConnectConfiguration> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
        {
            Readings++;
            return Answer.Task;
        }
    }
}
