using System.Text;

namespace Gateway.Audit;

/// <summary>The file in which checkpoints are published, one after the other, an empty line after each. Only ever appended to.</summary>
public static class CheckpointFile
{
    /// <summary>Reads the signed notes of a file; none when there is no file.</summary>
    /// <exception cref="AuditStoreException">The file cannot be read, or is not such a file.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        if (!File.Exists(path)) return [];
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditStoreException($"{path}: the checkpoints cannot be read: {e.Message}", e);
        }

        // Text, empty line, signatures, empty line; a crash may have cut the last one short.
        var parts = text.Split("\n\n");
        var notes = new List<string>();
        for (var i = 0; i + 2 < parts.Length; i += 2) notes.Add($"{parts[i]}\n\n{parts[i + 1]}\n");
        return notes;
    }

    /// <summary>Appends a note and returns when it is on the disk.</summary>
    /// <param name="length">How much of the file is whole; -1 when that is not known yet.</param>
    /// <returns>The same afterwards.</returns>
    internal static long Append(string path, string note, long length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

        // What a crash cut short is cut off: it was never acknowledged.
        file.Position = length >= 0 && file.Length >= length ? length : WholeLength(path);
        file.SetLength(file.Position);
        file.Write(Encoding.UTF8.GetBytes(note + "\n"));
        file.Flush(flushToDisk: true);
        return file.Position;
    }

    private static long WholeLength(string path) => Read(path).Sum(note => (long)Encoding.UTF8.GetByteCount(note) + 1);
}
