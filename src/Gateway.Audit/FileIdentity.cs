using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Gateway.Audit;

/// <summary>
/// Which file a path leads to. SQLite in WAL mode goes on writing to a file that was deleted or moved away, so what it calls committed would be lost;
/// the writer compares this before and after each transaction.
/// </summary>
internal readonly partial record struct FileIdentity(bool Exists, ulong Device, ulong Number, long Born)
{
    public static FileIdentity Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            // struct statx (linux/stat.h) has one layout on every architecture: ino at 32, btime at 80, dev at 136 and 140.
            Span<byte> status = stackalloc byte[256];
            if (Statx(CurrentDirectory, path, flags: 0, InodeAndBirth, ref MemoryMarshal.GetReference(status)) != 0) return default;
            var device = BinaryPrimitives.ReadUInt64LittleEndian(status[136..]);
            var number = BinaryPrimitives.ReadUInt64LittleEndian(status[32..]);
            var born = unchecked((BinaryPrimitives.ReadInt64LittleEndian(status[80..]) * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(status[88..]));
            return new FileIdentity(Exists: true, device, number, born);
        }

        return File.Exists(path) ? new FileIdentity(Exists: true, 0, 0, File.GetCreationTimeUtc(path).Ticks) : default;
    }

    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint InodeAndBirth = 0x100 | 0x800; // STATX_INO | STATX_BTIME

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, ref byte status);
}
