using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Identity;

/// <summary>
/// Remembers verified tokens by their SHA-256 until they expire, or until what was learnt about them is too old to rely on; bounded. The token itself
/// is not kept.
/// </summary>
internal sealed class TokenCache(int capacity, TimeProvider time)
{
    private readonly BoundedCache<TokenKey, VerifiedToken> _known = new(capacity);

    public int Count => _known.Count;

    /// <summary>The bearer, as long as nothing speaks against the token.</summary>
    public Subject? Find(in TokenKey key) => GoodOf(key)?.Subject;

    /// <summary>The same of a token that a key signed; null when it was the identity service itself that found it good.</summary>
    public Subject? FindJwt(in TokenKey key) => GoodOf(key) is { Key: not null } token ? token.Subject : null;

    public void Add(in TokenKey key, VerifiedToken token) => _known.Set(key, token);

    /// <summary>Forgets the tokens that fit, so that they are verified again.</summary>
    public int Forget(Predicate<VerifiedToken> fits) => _known.RemoveWhere(fits);

    private VerifiedToken? GoodOf(in TokenKey key) =>
        _known.Find(key) is { } token && token.FreshUntil > time.GetUtcNow() && token.Key is not { IsWithdrawn: true } ? token : null;
}

/// <summary>A token that was found good.</summary>
/// <param name="Subject">Its bearer.</param>
/// <param name="FreshUntil">When it must be verified again.</param>
/// <param name="Key">The key that signed it; null when the identity service itself was asked.</param>
internal sealed record VerifiedToken(Subject Subject, DateTimeOffset FreshUntil, IssuerKey? Key);

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
