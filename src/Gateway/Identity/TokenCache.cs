using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Identity;

/// <summary>
/// Remembers verified tokens by their SHA-256 until they expire, or until what was learnt about them is too old to rely on; bounded. The token itself
/// is not kept. INVARIANT: what speaks against a token is looked at whenever it is found, never by searching the table: an answer that is older than a
/// revocation may be put here after it.
/// </summary>
internal sealed class TokenCache(int capacity, Revocations revocations, TimeProvider time)
{
    private readonly BoundedCache<TokenKey, VerifiedToken> _known = new(capacity);

    public int Count => _known.Count;

    /// <summary>The bearer, as long as nothing speaks against the token.</summary>
    public Subject? Find(in TokenKey key, TokenAge age = TokenAge.Current) =>
        _known.Find(key) is { } token && (token.Key is null ? IsReliable(token, age) : IsSigned(token)) ? token.Subject : null;

    /// <summary>The same of a token that a key signed; null when it was the identity service itself that found it good.</summary>
    public Subject? FindJwt(in TokenKey key) => _known.Find(key) is { Key: not null } token && IsSigned(token) ? token.Subject : null;

    public void Add(in TokenKey key, VerifiedToken token) => _known.Set(key, token);

    private bool IsSigned(VerifiedToken token) => token.Key is { IsWithdrawn: false } && !IsExpired(token);

    private bool IsReliable(VerifiedToken token, TokenAge age) =>
        time.GetTimestamp() < token.StaleAt && (age == TokenAge.Any || !IsExpired(token)) && !IsRevoked(token);

    private bool IsExpired(VerifiedToken token) => token.Subject.ExpiresAt <= time.GetUtcNow();

    private bool IsRevoked(VerifiedToken token)
    {
        var latest = revocations.Latest;
        if (token.Revocations == latest) return false;
        if (revocations.Concern(token.Subject, token.Revocations)) return true;
        token.Revocations = latest;
        return false;
    }
}

/// <summary>A token that was found good.</summary>
/// <param name="Subject">Its bearer.</param>
internal sealed record VerifiedToken(Subject Subject)
{
    /// <summary>The key that signed it; null when the identity service itself was asked.</summary>
    public IssuerKey? Key { get; init; }

    /// <summary>When it must be verified again, by the monotonic clock: nobody may make an answer younger by setting the wall clock back.</summary>
    public long StaleAt { get; init; }

    /// <summary>How many revocation events are known not to speak of it. Only ever rises; whoever reads an older number looks once more.</summary>
    public long Revocations { get; set; }
}

/// <summary>SHA-256 of a token.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TokenKey(ulong A, ulong B, ulong C, ulong D)
{
    private const int OnStack = 2048;

    public static TokenKey Of(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> bytes = stackalloc byte[OnStack];
        if (Encoding.UTF8.TryGetBytes(token, bytes, out var length)) SHA256.HashData(bytes[..length], hash);
        else SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        return new TokenKey(
            BinaryPrimitives.ReadUInt64BigEndian(hash),
            BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
    }
}
