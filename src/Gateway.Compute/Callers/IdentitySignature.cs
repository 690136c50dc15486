using System.Security.Cryptography;
using System.Text;

namespace Gateway.Compute.Callers;

/// <summary>
/// The signature by which the gateway vouches for a caller and a request; README.md, "Who the caller is", is its definition.
/// </summary>
internal static class IdentitySignature
{
    public const string TimestampHeader = "X-Gateway-Timestamp";
    public const string SignatureHeader = "X-Gateway-Signature";
    public const string Scheme = "v1";

    /// <summary>The identity headers, in the order in which they are signed.</summary>
    public static readonly IReadOnlyList<string> IdentityHeaders =
    [
        "X-Identity-Status", "X-User-Id", "X-User-Name", "X-User-Domain-Id", "X-User-Domain-Name", "X-Project-Id", "X-Project-Name",
        "X-Project-Domain-Id", "X-Project-Domain-Name", "X-Domain-Id", "X-Domain-Name", "X-Roles", "OpenStack-System-Scope", "X-Is-Admin-Project",
        "X-Service-Identity-Status", "X-Service-User-Id", "X-Service-User-Name", "X-Service-User-Domain-Id", "X-Service-Project-Id",
        "X-Service-Project-Name", "X-Service-Project-Domain-Id", "X-Service-Roles",
    ];

    /// <summary>The value of <see cref="SignatureHeader"/>; <paramref name="header"/> gives a header's value, or null when it is absent.</summary>
    public static string Compute(
        ReadOnlySpan<byte> secret, string method, string rawTarget, string timestamp, ReadOnlySpan<byte> body, Func<string, string?> header)
    {
        var text = new StringBuilder()
            .Append(Scheme).Append('\n')
            .Append(method).Append('\n')
            .Append(rawTarget).Append('\n')
            .Append(timestamp).Append('\n')
            .Append(Convert.ToHexStringLower(SHA256.HashData(body)));
        foreach (var name in IdentityHeaders)
        {
            if (header(name) is { } value)
                text.Append('\n').Append(name.ToLowerInvariant()).Append(':').Append(value);
        }

        return $"{Scheme}={Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(text.ToString())))}";
    }
}
