namespace Gateway.Configuration;

/// <summary>The copies of config/ that travel inside the program, for a start without any file.</summary>
internal static class EmbeddedFile
{
    /// <param name="name">Path below the repository's root, such as <c>config/limits.yaml</c>.</param>
    public static Stream Open(string name) =>
        typeof(EmbeddedFile).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"`{name}` is not embedded in the program", name);

    public static string ReadText(string name)
    {
        using var reader = new StreamReader(Open(name));
        return reader.ReadToEnd();
    }
}
