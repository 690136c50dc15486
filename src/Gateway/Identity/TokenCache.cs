using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Memory;

namespace Gateway.Identity;

/// <summary>Remembers verified tokens by their SHA-256, until they expire; bounded. The token itself is not kept.</summary>
internal sealed class TokenCache : IDisposable
{
    private readonly MemoryCache _cache;
    private readonly TimeProvider _time;

    public TokenCache(int capacity, TimeProvider time)
    {
        _time = time;
        _cache = new MemoryCache(new MemoryCacheOptions { SizeLimit = capacity });
    }

    public bool TryGet(in TokenKey key, out Subject? subject) =>
        _cache.TryGetValue(key, out subject) && subject!.ExpiresAt > _time.GetUtcNow();

    public void Add(in TokenKey key, Subject subject) =>
        _cache.Set(key, subject, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = subject.ExpiresAt });

    public void Dispose() => _cache.Dispose();
}

/// <summary>SHA-256 of a token.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TokenKey(ulong A, ulong B, ulong C, ulong D)
{
    public static TokenKey Of(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        return new TokenKey(
            BinaryPrimitives.ReadUInt64BigEndian(hash),
            BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
    }
}
