using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Identity;

/// <summary>Where an issuer's key set (RFC 7517) is read.</summary>
internal interface IKeySetSource
{
    /// <summary>The set as it is now; throws when it cannot be read.</summary>
    Task<JsonWebKeySet> ReadAsync(CancellationToken cancel);
}

/// <summary>Reads the key set from the address or the file that the operator configured, and from nowhere else.</summary>
internal sealed class KeySetSource(IssuerOptions issuer, HttpClient http) : IKeySetSource
{
    public async Task<JsonWebKeySet> ReadAsync(CancellationToken cancel)
    {
        if (issuer.KeysFile is { } file) return new JsonWebKeySet(await File.ReadAllTextAsync(file, cancel));
        var address = issuer.JwksUrl is { } url ? new Uri(url) : await DiscoverAsync(new Uri(issuer.MetadataUrl!), cancel);
        return new JsonWebKeySet(await http.GetStringAsync(address, cancel));
    }

    /// <summary>OpenID Connect Discovery 1.0: the document must be about the issuer that was configured, and must not lead from https to http.</summary>
    private async Task<Uri> DiscoverAsync(Uri metadata, CancellationToken cancel)
    {
        using var document = JsonDocument.Parse(await http.GetStringAsync(metadata, cancel));
        if (Text("issuer") is var told && told != issuer.Issuer)
            throw new InvalidOperationException($"{metadata}: is about issuer `{told}`, not `{issuer.Issuer}`");
        return Uri.TryCreate(Text("jwks_uri"), UriKind.Absolute, out var keys) && (keys.Scheme == metadata.Scheme || keys.Scheme == Uri.UriSchemeHttps)
            ? keys
            : throw new InvalidOperationException($"{metadata}: `jwks_uri` is `{Text("jwks_uri")}`, which is no address of the same or a safer kind");

        string? Text(string name) =>
            document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
