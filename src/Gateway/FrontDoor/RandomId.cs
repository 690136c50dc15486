using System.Security.Cryptography;

namespace Gateway.FrontDoor;

/// <summary>Random UUIDs (RFC 9562, version 4). A call needs three, and asking the system for each costs more than everything else about them.</summary>
internal static class RandomId
{
    private const int Size = 16;
    private const int AtOnce = 64;

    // Random bytes of one thread, and how many of them are used.
    [ThreadStatic]
    private static byte[]? t_bytes;

    [ThreadStatic]
    private static int t_used;

    public static Guid New()
    {
        if (t_bytes is null || t_used == t_bytes.Length)
        {
            RandomNumberGenerator.Fill(t_bytes ??= new byte[AtOnce * Size]);
            t_used = 0;
        }

        Span<byte> id = t_bytes.AsSpan(t_used, Size);
        t_used += Size;
        id[6] = (byte)((id[6] & 0x0f) | 0x40);
        id[8] = (byte)((id[8] & 0x3f) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}
