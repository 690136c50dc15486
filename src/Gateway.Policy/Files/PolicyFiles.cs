namespace Gateway.Policy.Files;

/// <summary>The files a policy is made of, in the order in which later ones win, with their content.</summary>
internal static class PolicyFiles
{
    /// <summary>Larger files are no policies.</summary>
    private const long MaxBytes = 16 * 1024 * 1024;

    private static readonly string[] Endings = [".yaml", ".yml", ".json"];
    private static readonly string[] BackupEndings = ["~", ".bak", ".orig", ".rej", ".old", ".save", ".swp", ".swo", ".tmp", ".rpmsave", ".rpmnew", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".ucf-old"];

    public static IReadOnlyList<(string Path, byte[] Content)> Read(PolicyOptions options, List<PolicyFinding> findings)
    {
        var files = new List<(string, byte[])>();
        foreach (var path in options.PolicyFile is { } main ? options.FurtherFiles.Prepend(main) : options.FurtherFiles)
        {
            if (Content(path, findings) is { } content) files.Add((path, content));
        }
        foreach (var directory in options.PolicyDirectories)
        {
            foreach (var path in List(directory, findings))
            {
                if (Content(path, findings) is { } content) files.Add((path, content));
            }
        }
        files.AddRange(options.Texts.Select(text => (text.Path, text.Content.ToArray())));
        return files;
    }

    private static List<string> List(string directory, List<PolicyFinding> findings)
    {
        string[] paths;
        try
        {
            paths = Directory.GetFiles(directory);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            findings.Add(new PolicyFinding(directory, 0, 0, "unreadable-file", Severity.Error, $"the directory cannot be read: {OneLine(fault)}"));
            return [];
        }
        var accepted = new List<string>();
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith('.')) continue;
            if (IsBackup(name))
            {
                findings.Add(new PolicyFinding(path, 0, 0, "editor-backup", Severity.Error,
                    $"`{name}` is an editor's or a package's copy, and it would win over the file it copies; remove it from the directory"));
            }
            else if (!Endings.Contains(Path.GetExtension(name), StringComparer.Ordinal))
            {
                findings.Add(new PolicyFinding(path, 0, 0, "foreign-file", Severity.Error,
                    $"`{name}` does not end in .yaml, .yml or .json; remove it from the directory or rename it"));
            }
            else
            {
                accepted.Add(path);
            }
        }
        return accepted;
    }

    private static bool IsBackup(string name) =>
        (name.StartsWith('#') && name.EndsWith('#')) || BackupEndings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static byte[]? Content(string path, List<PolicyFinding> findings)
    {
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > MaxBytes)
            {
                findings.Add(new PolicyFinding(path, 0, 0, "unreadable-file", Severity.Error, $"the file has {stream.Length} bytes, more than {MaxBytes}"));
                return null;
            }
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            findings.Add(new PolicyFinding(path, 0, 0, "unreadable-file", Severity.Error, $"the file cannot be read: {OneLine(fault)}"));
            return null;
        }
    }

    private static string OneLine(Exception fault) => fault.Message.ReplaceLineEndings(" ");
}
