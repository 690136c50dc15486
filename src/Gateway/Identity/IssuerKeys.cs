using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Identity;

/// <summary>Where an issuer's signing keys come from: its published set, refreshed when a key is not found, or a file.</summary>
internal static class IssuerKeys
{
    /// <summary>At most one fetch in this time, however many unknown key ids arrive.</summary>
    private static readonly TimeSpan FetchInterval = TimeSpan.FromSeconds(30);

    public static ConfigurationManager<OpenIdConnectConfiguration> Open(IssuerOptions issuer, HttpClient http) =>
        new(issuer.JwksUrl ?? issuer.KeysFile!, new KeySetRetriever(issuer.Issuer), new Documents(http)) { RefreshInterval = FetchInterval };

    private sealed class KeySetRetriever(string issuer) : IConfigurationRetriever<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
        {
            var keys = new JsonWebKeySet(await retriever.GetDocumentAsync(address, cancel));
            if (keys.GetSigningKeys() is not { Count: > 0 } signingKeys)
                throw new InvalidOperationException($"{address}: the key set holds no signing key");
            var configuration = new OpenIdConnectConfiguration { Issuer = issuer };
            foreach (var key in signingKeys) configuration.SigningKeys.Add(key);
            return configuration;
        }
    }

    private sealed class Documents(HttpClient http) : IDocumentRetriever
    {
        public Task<string> GetDocumentAsync(string address, CancellationToken cancel) =>
            address.StartsWith("http", StringComparison.OrdinalIgnoreCase)
                ? http.GetStringAsync(new Uri(address), cancel)
                : File.ReadAllTextAsync(address, cancel);
    }
}
