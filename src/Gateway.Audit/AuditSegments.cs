using System.Globalization;

namespace Gateway.Audit;

/// <summary>
/// The files of one log. The active segment has the store's own name; a sealed one beside it has the number of its first record in its name:
/// <c>audit.jsonl</c>, <c>audit.000000000001.jsonl</c>.
/// </summary>
internal static class AuditSegments
{
    /// <summary>The name that a sealed segment gets.</summary>
    public static string PathOf(string store, long first) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(store))!, $"{Path.GetFileNameWithoutExtension(store)}.{first:d12}{Path.GetExtension(store)}");

    /// <summary>Whether there are sealed segments.</summary>
    public static bool Exist(string store) => Numbered(store).Count > 0;

    /// <summary>The file of the newest sealed segment; null when there is none.</summary>
    public static string? Newest(string store) => Numbered(store) is [.., var last] ? last.Path : null;

    /// <summary>The sealed segments, oldest first, each with its last record's number as the next segment's name tells; the last one's is read from it.</summary>
    public static IReadOnlyList<AuditSegment> Sealed(string store) =>
        Numbered(store) is [.., var last] found ? Described(found, LastOf(last.Path)) : [];

    /// <summary>The sealed segments before a file that begins behind a record, oldest first.</summary>
    public static IReadOnlyList<AuditSegment> Before(string store, long last) => Described(Numbered(store).FindAll(file => file.First <= last), last);

    private static AuditSegment[] Described(List<(string Path, long First)> files, long last) =>
        [.. files.Select((file, i) => new AuditSegment(file.Path, file.First, i + 1 < files.Count ? files[i + 1].First - 1 : last))];

    /// <summary>All files of the log in the order of their records: the sealed ones, then the active one.</summary>
    public static IReadOnlyList<string> All(string store) => [.. Sealed(store).Select(segment => segment.Path), Path.GetFullPath(store)];

    private static List<(string Path, long First)> Numbered(string store)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(store))!;
        if (!Directory.Exists(directory)) return [];
        var (stem, extension) = (Path.GetFileNameWithoutExtension(store), Path.GetExtension(store));
        return Directory.GetFiles(directory, $"{stem}.*{extension}")
            .Select(path => (Path: path, Number: Path.GetFileName(path)[(stem.Length + 1)..^extension.Length]))
            .Where(file => file.Number.Length == 12 && file.Number.All(char.IsAsciiDigit))
            .Select(file => (file.Path, First: long.Parse(file.Number, CultureInfo.InvariantCulture)))
            .OrderBy(file => file.First)
            .ToList();
    }

    private static long LastOf(string path)
    {
        if (StoreKind.IsLines(path))
        {
            using var file = LineFile.Open(path);
            return file.ReadLog().Row.Head.Sequence;
        }

        return AuditFile.ReadLog(path).Head.Sequence;
    }
}

/// <summary>A sealed segment: its file, its first and its last record.</summary>
internal sealed record AuditSegment(string Path, long First, long Last);
