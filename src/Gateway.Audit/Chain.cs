using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit;

/// <summary>The hash chain: each record's hash covers its stream, its number, the hash before it and its exact stored bytes.</summary>
/// <remarks>
/// <c>h(n) = SHA-256(0x01 ‖ len(stream) as 2 bytes ‖ stream ‖ n as 8 bytes ‖ h(n-1) ‖ SHA-256(bytes))</c>, integers big-endian,
/// the first record is 1 and h(0) is 32 zero bytes. README.md of this project describes it for others.
/// </remarks>
internal sealed class Chain
{
    public const int HashSize = SHA256.HashSizeInBytes;

    private readonly byte[] _message;
    private readonly int _number;

    public Chain(string stream)
    {
        ThrowIfNotStream(stream);
        var name = Encoding.ASCII.GetBytes(stream);
        _number = 3 + name.Length;
        _message = new byte[_number + 8 + (2 * HashSize)];
        _message[0] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(_message.AsSpan(1), (ushort)name.Length);
        name.CopyTo(_message, 3);
        Stream = stream;
    }

    public string Stream { get; }

    public static byte[] Genesis => new byte[HashSize];

    /// <summary>The hash of record <paramref name="sequence"/>. Not for two threads at once: the message buffer is shared.</summary>
    public void Link(long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> digest, Span<byte> hash)
    {
        BinaryPrimitives.WriteInt64BigEndian(_message.AsSpan(_number), sequence);
        previous.CopyTo(_message.AsSpan(_number + 8));
        digest.CopyTo(_message.AsSpan(_number + 8 + HashSize));
        Sha256.Hash(_message, hash);
    }

    public static bool IsStream(string stream) =>
        stream.Length is >= 1 and <= 128 && stream.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    public static void ThrowIfNotStream(string stream)
    {
        if (!IsStream(stream))
            throw new ArgumentException($"stream `{stream}`: must be 1 to 128 of letters, digits, `.`, `_` and `-`", nameof(stream));
    }
}
