using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>
/// The file of a spool. One line a record: the SHA-256 of its JSON in hex, a space, the JSON. A line that was cut short by a crash was never
/// acknowledged. Beside it, in <c>.moved</c>, the first line's digest and how many lines the log has.
/// </summary>
internal static class SpoolFile
{
    private const int DigestLength = 64;

    /// <summary>Opens a spool that an earlier process left: cuts off what a crash left half written, and reads the rest.</summary>
    public static (IReadOnlyList<SpoolLine> Lines, long Length, int Moved) Open(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length == 0)
        {
            // The crash came after the spool was deleted and before the note was.
            DeleteNote(path);
            return ([], 0, 0);
        }

        var bytes = File.ReadAllBytes(path);
        var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (whole < bytes.Length)
        {
            // Whole but for its line feed, it may have been acknowledged.
            var ending = Parse(bytes.AsSpan(whole)) is { Event: not null } ? bytes.AsSpan()[..(bytes.AsSpan().LastIndexOf((byte)'}') + 1)] : bytes.AsSpan(0, whole);
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 0);
            file.SetLength(ending.Length);
            file.Position = ending.Length;
            if (ending.Length > whole) file.WriteByte((byte)'\n');
            DiskSync.File(file.SafeFileHandle, path);
            whole = (int)file.Position;
        }

        if (whole == 0)
        {
            File.Delete(path);
            DeleteNote(path);
            return ([], 0, 0);
        }

        var lines = Read(path, whole);
        return (lines, whole, Math.Min(Moved(path, bytes), lines.Count));
    }

    /// <summary>The lines of the first so many bytes.</summary>
    public static IReadOnlyList<SpoolLine> Read(string path, long length)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(path).AsSpan(0, (int)length);
        var lines = new List<SpoolLine>();
        while (rest.Length > 0)
        {
            var end = rest.IndexOf((byte)'\n');
            lines.Add(Parse(end < 0 ? rest : rest[..end]));
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return lines;
    }

    /// <summary>Writes behind the first so many bytes, over what a crash or a full disk left half written, and returns when it is on the disk.</summary>
    /// <returns>How much of the file is whole then.</returns>
    public static long Append(string path, long length, byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Position = length;
        file.Write(bytes);
        file.SetLength(file.Position);
        DiskSync.File(file.SafeFileHandle, path);
        return file.Position;
    }

    public static byte[] Line(AuditEvent e)
    {
        var json = AuditJson.ToUtf8(e);
        return [.. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(json))), (byte)' ', .. json, (byte)'\n'];
    }

    /// <summary>Notes how many lines the log has. Always as long as before, so that no crash leaves another number.</summary>
    public static void Note(string path, int moved)
    {
        using var spool = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var note = new byte[DigestLength + 14];
        spool.ReadExactly(note, 0, DigestLength);
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $" {moved:d12}\n")).CopyTo(note, DigestLength);
        using var file = new FileStream(MovedPath(path), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Write(note);
    }

    public static void DeleteNote(string path) => File.Delete(MovedPath(path));

    private static string MovedPath(string path) => path + ".moved";

    private static int Moved(string path, byte[] spool)
    {
        if (!File.Exists(MovedPath(path))) return 0;
        var note = File.ReadAllBytes(MovedPath(path));
        return note.Length == DigestLength + 14 && note.AsSpan(0, DigestLength).SequenceEqual(spool.AsSpan(0, Math.Min(spool.Length, DigestLength)))
            && int.TryParse(Encoding.ASCII.GetString(note, DigestLength + 1, 12), NumberStyles.None, CultureInfo.InvariantCulture, out var moved)
            ? moved
            : 0;
    }

    private static SpoolLine Parse(ReadOnlySpan<byte> line)
    {
        if (line.Length < DigestLength + 2) return SpoolLine.Damaged;
        var json = line[(DigestLength + 1)..];
        json = json[..(json.LastIndexOf((byte)'}') + 1)];
        if (!line[..DigestLength].SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(json))))) return SpoolLine.Damaged;
        try
        {
            return new SpoolLine(AuditJson.Parse(json.ToArray()));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return SpoolLine.Damaged;
        }
    }
}

/// <summary>A line of a spool: its record, or null when it does not hold.</summary>
internal sealed record SpoolLine(AuditEvent? Event)
{
    public static SpoolLine Damaged { get; } = new((AuditEvent?)null);
}
