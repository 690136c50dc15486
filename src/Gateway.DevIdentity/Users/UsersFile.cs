using System.Text.Json;

namespace Gateway.DevIdentity.Users;

/// <summary>
/// Reads the users file (<c>config/dev-identity.json</c>; the format is in this project's README): all of it or nothing, every problem at once.
/// </summary>
internal static class UsersFile
{
    private const string EmbeddedName = "dev-identity.json";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static IdentityDirectory ReadEmbedded()
    {
        using var stream = typeof(UsersFile).Assembly.GetManifestResourceStream(EmbeddedName)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(bytes.ToArray(), EmbeddedName);
    }

    /// <exception cref="DevIdentityStartException">The file cannot be read, or something in it is wrong.</exception>
    public static IdentityDirectory Read(string path)
    {
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DevIdentityStartException([$"{path}: cannot be read: {fault.Message}"]);
        }
    }

    public static IdentityDirectory Parse(ReadOnlyMemory<byte> json, string name)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Strict);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a member name that is not UTF-8.
            throw new DevIdentityStartException([$"{name}: not valid JSON: {fault.Message}"]);
        }

        using (document) return new UsersFileReader(name).Read(document.RootElement);
    }
}
