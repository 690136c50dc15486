using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit;

/// <summary>The memory in which the system keeps what files hold.</summary>
internal static partial class PageCache
{
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED

    // No page is larger, nor a block of pages that is kept or let go as one, in what is written here.
    private const long Block = 1 << 18;

    /// <summary>Lets the system use the memory of a part of a file again that is on the disk. A hint, and nothing depends on what comes of it: the part is read from the disk when it is asked for.</summary>
    /// <returns>Where the part ends that was let go: what is not a whole 256 KB is left for the next time.</returns>
    public static long Forget(SafeFileHandle file, long from, long to)
    {
        to -= to % Block;
        if (to <= from) return from;
        if (OperatingSystem.IsLinux() && Environment.Is64BitProcess) _ = Advise(file, from, to - from, DontNeed);
        return to;
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
