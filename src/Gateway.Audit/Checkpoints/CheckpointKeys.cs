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

    /// <summary>The newest signing key.</summary>
    /// <exception cref="AuditStoreException">There is none, or it cannot be used.</exception>
    internal static (int Number, NoteSigner Signer) Newest(string directory, string stream) => Directory.Exists(directory) && Numbers(directory).Any()
        ? Load(directory, Numbers(directory).Max(), stream)
        : throw new AuditStoreException($"{directory}: no signing key is there; put the folder back");

    /// <summary>The newest signing key, made when there is none: for a record that nobody has signed yet.</summary>
    internal static (int Number, NoteSigner Signer) First(string directory, string stream)
    {
        if (!Directory.Exists(directory) || !Numbers(directory).Any()) Rotate(directory, stream);
        return Newest(directory, stream);
    }

    /// <summary>The newest key of the folder that signed a checkpoint.</summary>
    /// <exception cref="AuditStoreException">None did. No other may go on in its place: nobody who verifies would trust it.</exception>
    internal static (int Number, NoteSigner Signer) Signed(string directory, string stream, Checkpoint checkpoint, SignedNote note)
    {
        var keys = Directory.Exists(directory) ? Numbers(directory).OrderDescending().Select(number => Load(directory, number, stream)) : [];
        return keys.Cast<(int, NoteSigner Signer)?>().FirstOrDefault(key => note.IsSignedBy(key!.Value.Signer.Key)) ?? throw new AuditStoreException(
            $"{directory}: {(Directory.Exists(directory) && Numbers(directory).Any() ? $"none of the {Numbers(directory).Count()} keys here" : "no key is here, and none")} signed checkpoint {checkpoint.Number}, the last of `{stream}`: "
            + "put the folder back as it was; a key that is replaced stays until the gateway has made a checkpoint with the new one. "
            + "If the key is lost, nobody can vouch for what would follow: keep the store and its checkpoints as evidence, and begin a new record elsewhere");
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

    private static IEnumerable<int> Numbers(string directory) => Directory.GetFiles(directory, "key-*.pem").Select(NumberOf).Where(number => number > 0);

    private static int NumberOf(string path) =>
        int.TryParse(Path.GetFileNameWithoutExtension(path)["key-".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string PrivatePath(string directory, int number) => Path.Combine(directory, $"key-{number}.pem");

    private static string PublicPath(string directory, int number) => Path.Combine(directory, $"key-{number}.pub");
}
