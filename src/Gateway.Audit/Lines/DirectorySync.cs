using System.Runtime.InteropServices;

namespace Gateway.Audit;

/// <summary>Makes the names in a folder durable: a file that was made or renamed is otherwise there after a loss of power only perhaps.</summary>
internal static partial class DirectorySync
{
    /// <exception cref="IOException">The folder cannot be synced.</exception>
    public static void Flush(string directory)
    {
        // Windows journals names by itself.
        if (OperatingSystem.IsWindows()) return;
        var folder = Open(directory, flags: 0);
        if (folder < 0) throw Fault(directory);
        try
        {
            if (Sync(folder) != 0) throw Fault(directory);
        }
        finally
        {
            _ = Close(folder);
        }
    }

    private static IOException Fault(string directory) => new($"{directory}: cannot be synced to the disk: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
