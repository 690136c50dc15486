using System.Buffers.Text;
using System.Text.Json;
using Gateway.FrontDoor;

namespace Gateway.Identity;

/// <summary>
/// Looks at the header of a JSON Web Token before anything of it is believed. A token that brings its own key, or names where to fetch one, is refused
/// without looking there; so is one whose algorithm is not asymmetric.
/// </summary>
internal static class TokenHeader
{
    /// <summary>Longest header, encoded. With a key id of usual length it has some hundred characters.</summary>
    private const int LongestHeader = 2048;

    private const int LongestKeyId = 512;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    private static readonly string[] BroughtKeys = ["jwk", "jku", "x5u", "x5c"];

    /// <summary>Whether a token is a JSON Web Token at all; Fernet tokens and UUIDs hold no dot.</summary>
    public static bool IsJwt(string token) => token.Contains('.', StringComparison.Ordinal);

    /// <summary>The key id, empty when there is none; or the refusal.</summary>
    public static Passage<string> Inspect(string token)
    {
        var dots = token.Count(c => c == '.');
        if (dots == 4) return Refusal.Unauthorized("token_encrypted");
        if (dots != 2) return Refusal.Unauthorized("token_malformed");
        var length = token.IndexOf('.', StringComparison.Ordinal);
        if (length > LongestHeader) return Refusal.Unauthorized("token_header", "the header is too long");
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(token.AsSpan(0, length)), Strict);
            return json.RootElement.ValueKind == JsonValueKind.Object ? Inspect(json.RootElement) : Refusal.Unauthorized("token_malformed");
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return Refusal.Unauthorized("token_malformed");
        }
    }

    private static Passage<string> Inspect(JsonElement header)
    {
        foreach (var name in BroughtKeys)
            if (header.TryGetProperty(name, out _)) return Refusal.Unauthorized("token_brings_key", $"the header holds `{name}`");
        if (header.TryGetProperty("crit", out _)) return Refusal.Unauthorized("token_header", "the header holds `crit`");
        if (header.TryGetProperty("zip", out _) || header.TryGetProperty("enc", out _)) return Refusal.Unauthorized("token_encrypted");
        if (!header.TryGetProperty("alg", out var algorithm) || algorithm.ValueKind != JsonValueKind.String
            || !IssuerOptions.AsymmetricAlgorithms.Contains(algorithm.GetString()!))
            return Refusal.Unauthorized("token_algorithm");
        if (!header.TryGetProperty("kid", out var id)) return string.Empty;
        if (id.ValueKind != JsonValueKind.String || id.GetString() is not { Length: <= LongestKeyId } kid) return Refusal.Unauthorized("token_header", "`kid` is no key id");
        return kid;
    }
}
