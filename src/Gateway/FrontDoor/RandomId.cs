using System.Security.Cryptography;

namespace Gateway.FrontDoor;

/// <summary>Random UUIDs (RFC 9562, version 4). A call needs three, and asking the system for each costs more than everything else about them.</summary>
internal static class RandomId
{
    private const int Size = 16;
    private const int AtOnce = 64;

    // Random bytes of one thread, and how many of them are used.
    [ThreadStatic]
    private static byte[]? _bytes;

    [ThreadStatic]
    private static int _used;

    public static Guid New()
    {
        if (_bytes is null || _used == _bytes.Length)
        {
            RandomNumberGenerator.Fill(_bytes ??= new byte[AtOnce * Size]);
            _used = 0;
        }

        Span<byte> id = _bytes.AsSpan(_used, Size);
        _used += Size;
        id[6] = (byte)((id[6] & 0x0f) | 0x40);
        id[8] = (byte)((id[8] & 0x3f) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}
