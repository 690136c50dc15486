namespace Gateway.Audit;

/// <summary>Keeps two writers from one store: an exclusive lock on <c>[store].lock</c>, which the system releases when the process ends.</summary>
/// <remarks>A file of its own, because closing any other handle on the store would drop SQLite's own locks (POSIX record locks).</remarks>
internal static class StoreLock
{
    public static string PathOf(string storePath) => storePath + ".lock";

    /// <param name="holder">Who holds a store, as it says itself; null when it does not.</param>
    /// <exception cref="AuditStoreException">Another process or log has it, or it cannot be made.</exception>
    public static FileStream Take(string storePath, Func<string, string?> holder)
    {
        try
        {
            DiskSync.CreateFolder(Path.GetDirectoryName(storePath)!);
            return TryTake(storePath)
                ?? throw new AuditStoreException($"{storePath}: already written by {holder(storePath) ?? "another process"}; stop it, or give this gateway a store of its own");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditStoreException($"{PathOf(storePath)}: cannot be locked: {e.Message}", e);
        }
    }

    /// <returns>The lock, or null when another process or log has it.</returns>
    public static FileStream? TryTake(string storePath)
    {
        try
        {
            return new FileStream(PathOf(storePath), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            return null;
        }
    }

    // EWOULDBLOCK of flock on Linux (11) and macOS (35); ERROR_SHARING_VIOLATION on Windows.
    private static bool IsSharingViolation(IOException e) => e.GetType() == typeof(IOException) && (e.HResult is 11 or 35 || (e.HResult & 0xFFFF) == 32);
}
