using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Audit;

/// <summary>
/// The file in which checkpoints are published, one after the other, an empty line after each. Only ever appended to; the one thing that is ever cut off is
/// the beginning of a note that a crash left at its end.
/// </summary>
public static partial class CheckpointFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the signed notes of a file; none when there is no file. The beginning of a note at the end, which a crash leaves, is passed over.</summary>
    /// <exception cref="AuditStoreException">The file cannot be read, or holds anything else.</exception>
    public static IReadOnlyList<string> Read(string path) => ReadWhole(path).Notes;

    /// <summary>Makes the file, empty, when it is not there.</summary>
    internal static void Begin(string path)
    {
        DiskSync.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
    }

    /// <summary>Appends a note and returns when it is on the disk.</summary>
    /// <param name="length">How much of the file is whole; -1 when that is not known yet.</param>
    /// <returns>The same afterwards.</returns>
    /// <exception cref="AuditStoreException">The file is no longer what it was; nothing of it is touched.</exception>
    internal static long Append(string path, string note, long length)
    {
        DiskSync.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var found = File.Exists(path) ? new FileInfo(path).Length : 0;
        var whole = found == length ? length : ReadWhole(path).Length;
        if (length >= 0 && whole != length)
            throw new AuditStoreException($"{path}: {whole} bytes of checkpoints are there, {length} were published: the file was changed or removed while in use; put it back");

        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

        // What a crash or a full disk cut short is written over: it was never acknowledged.
        file.SetLength(whole);
        file.Position = whole;
        file.Write(Encoding.UTF8.GetBytes(note + "\n"));
        file.Flush();
        DiskSync.File(file.SafeFileHandle, path);

        // With the first note the file may be new.
        if (whole == 0) DiskSync.Folder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return file.Position;
    }

    /// <summary>The notes of a text, and what stands after the last.</summary>
    internal static (IReadOnlyList<string> Notes, string Left) Split(string text)
    {
        // Text, empty line, signatures, empty line.
        var parts = text.Split("\n\n");
        var notes = new List<string>();
        for (var i = 0; i + 2 < parts.Length; i += 2) notes.Add($"{parts[i]}\n\n{parts[i + 1]}\n");
        return (notes, string.Join("\n\n", parts.Skip(2 * notes.Count)));
    }

    private static (IReadOnlyList<string> Notes, long Length) ReadWhole(string path)
    {
        if (!File.Exists(path)) return ([], 0);
        string text;
        try
        {
            text = Strict.GetString(WithoutCutDash(File.ReadAllBytes(path)));
        }
        catch (DecoderFallbackException)
        {
            throw new AuditStoreException($"{path}: holds bytes that are no text: it was edited or damaged; put the file back from a copy");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditStoreException($"{path}: the checkpoints cannot be read: {e.Message}", e);
        }

        var (notes, rest) = Split(text);
        try
        {
            foreach (var note in notes) RecordProof.CheckpointOf(note);
        }
        catch (FormatException e)
        {
            throw new AuditStoreException($"{path}: holds something that is no checkpoint ({e.Message}): it was edited or damaged; put the file back from a copy", e);
        }

        if (!IsBeginningOfNote(rest))
            throw new AuditStoreException($"{path}: after {notes.Count} checkpoints stands something that is none: it was edited or damaged; put the file back from a copy");
        return (notes, notes.Sum(note => (long)Encoding.UTF8.GetByteCount(note) + 1));
    }

    /// <summary>The dash before a signature is three bytes, of which a crash may have left one or two at the end.</summary>
    private static ReadOnlySpan<byte> WithoutCutDash(ReadOnlySpan<byte> bytes) =>
        bytes.EndsWith("—"u8[..2]) ? bytes[..^2] : bytes.EndsWith("—"u8[..1]) ? bytes[..^1] : bytes;

    /// <summary>Whether a crash may have left this: its whole lines are a note's, and the last one may be cut short.</summary>
    private static bool IsBeginningOfNote(string text)
    {
        var lines = text.Split('\n');
        var signed = false;
        foreach (var line in lines.SkipLast(1))
        {
            if (signed ? !SignatureLine().IsMatch(line) : line.Length > 0 && !TextLine().IsMatch(line)) return false;
            signed |= line.Length == 0;
        }

        var cut = lines[^1];
        if (cut.Length == 0) return true;
        return !cut.Any(char.IsControl)
            && (signed ? cut[0] == '—' : lines.Length > 1 || cut.StartsWith(Checkpoint.OriginPrefix, StringComparison.Ordinal) || Checkpoint.OriginPrefix.StartsWith(cut, StringComparison.Ordinal));
    }

    [GeneratedRegex("^(compute-gateway/audit/[A-Za-z0-9._-]{1,128}|[0-9]{1,19}|[A-Za-z0-9+/]{43}=|number [0-9]+|time [0-9TZ:-]+|head [0-9a-f]{64}|previous (-|[0-9a-f]{64})|key [^ ]+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TextLine();

    [GeneratedRegex("^— [^ ]+ [A-Za-z0-9+/]+=*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SignatureLine();
}
