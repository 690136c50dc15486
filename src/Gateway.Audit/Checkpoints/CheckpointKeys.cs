using System.Globalization;

namespace Gateway.Audit;

/// <summary>
/// The signing keys of one gateway, in a folder: <c>key-1.pem</c>, <c>key-2.pem</c>, … each with its public half beside it as <c>.pub</c>. The highest
/// number signs.
/// </summary>
public static class CheckpointKeys
{
    /// <summary>Makes the next key. A running gateway signs with it from its next checkpoint on.</summary>
    /// <returns>The public half.</returns>
    public static string Rotate(string directory, string stream)
    {
        Chain.ThrowIfNotStream(stream);
        Directory.CreateDirectory(directory);
        var number = Numbers(directory).DefaultIfEmpty(0).Max() + 1;
        var signer = NoteSigner.Create(Checkpoint.OriginOf(stream));

        // The public half first: a private key that is there is complete.
        File.WriteAllText(PublicPath(directory, number), signer.Key + "\n");
        var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var partial = PrivatePath(directory, number) + ".part";
        File.Delete(partial);
        using (var file = new StreamWriter(partial, creation)) file.Write(signer.ToPem());
        File.Move(partial, PrivatePath(directory, number));
        return signer.Key.ToString();
    }

    /// <summary>The public keys of a folder or a file, oldest first.</summary>
    /// <exception cref="AuditStoreException">One cannot be read.</exception>
    public static IReadOnlyList<NoteKey> ReadPublic(string path)
    {
        try
        {
            var lines = Directory.Exists(path)
                ? Directory.GetFiles(path, "key-*.pub").OrderBy(NumberOf).SelectMany(File.ReadLines)
                : File.ReadLines(path);
            return [.. lines.Where(line => line.Trim().Length > 0).Select(NoteKey.Parse)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new AuditStoreException($"{path}: the keys cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The signing key, made when there is none.</summary>
    internal static (int Number, NoteSigner Signer) Current(string directory, string stream)
    {
        if (!Directory.Exists(directory) || !Numbers(directory).Any()) Rotate(directory, stream);
        return Load(directory, Numbers(directory).Max(), stream);
    }

    internal static (int Number, NoteSigner Signer) Load(string directory, int number, string stream)
    {
        var path = PrivatePath(directory, number);
        try
        {
            return (number, NoteSigner.FromPem(Checkpoint.OriginOf(stream), File.ReadAllText(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new AuditStoreException($"{path}: not a signing key that can be used: {e.Message}", e);
        }
    }

    /// <summary>The number of the newest key of the folder that signed a note; null when none did.</summary>
    internal static int? NumberThatSigned(string directory, SignedNote note) => Numbers(directory)
        .OrderDescending()
        .Where(number => note.IsSignedBy(ReadPublic(PublicPath(directory, number))))
        .Select(number => (int?)number)
        .FirstOrDefault();

    private static IEnumerable<int> Numbers(string directory) => Directory.GetFiles(directory, "key-*.pem").Select(NumberOf).Where(number => number > 0);

    private static int NumberOf(string path) =>
        int.TryParse(Path.GetFileNameWithoutExtension(path)["key-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string PrivatePath(string directory, int number) => Path.Combine(directory, $"key-{number}.pem");

    private static string PublicPath(string directory, int number) => Path.Combine(directory, $"key-{number}.pub");
}
