using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit;

/// <summary>Makes what was written durable, or says that it is not.</summary>
/// <remarks>
/// .NET's own ways pass over EROFS, which ext4 answers once an error has made it read-only: what was written before is lost then, and would have been acknowledged.
/// Names are made durable with their folder: a file that was made or renamed is otherwise there after a loss of power only perhaps.
/// </remarks>
internal static partial class DiskSync
{
    private const int Interrupted = 4; // EINTR
    private const int Invalid = 22; // EINVAL

    /// <exception cref="IOException">It is not durable.</exception>
    public static void File(SafeFileHandle file, string path)
    {
        // On macOS, too, it does more than fsync.
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        while (Sync(file) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted) throw Fault(path);
        }
    }

    /// <summary>Makes a folder, and those above it, where there are none yet.</summary>
    /// <exception cref="IOException">It cannot be made, or its name is not durable: then it is taken back, so that the next try makes it anew.</exception>
    public static void CreateFolder(string path)
    {
        if (Directory.Exists(path)) return;
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            // The whole file system: the names stand in the folders above, and those need not be readable.
            Folder(path, SyncFileSystem);
        }
        catch (IOException)
        {
            try
            {
                Directory.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The first fault is the one to tell of.
            }

            throw;
        }
    }

    /// <exception cref="IOException">The names are not durable.</exception>
    public static void Folder(string path) => Folder(path, Sync);

    private static void Folder(string path, Func<int, int> sync)
    {
        // Windows journals names by itself.
        if (OperatingSystem.IsWindows()) return;
        var folder = Open(path, flags: 0);
        if (folder < 0) throw Fault(path);
        try
        {
            // Some file systems of a network have nothing to sync there.
            while (sync(folder) != 0)
            {
                if (Marshal.GetLastPInvokeError() == Invalid) return;
                if (Marshal.GetLastPInvokeError() != Interrupted) throw Fault(path);
            }
        }
        finally
        {
            _ = Close(folder);
        }
    }

    private static IOException Fault(string path) => new($"{path}: cannot be synced to the disk: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFileSystem(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
