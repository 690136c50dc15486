using System.Text.Json;

namespace Gateway.Actions;

/// <summary>One file of the catalogue: its name, as it appears in messages, and its text.</summary>
internal sealed record CatalogueFile(string Name, string Text)
{
    private const string Folder = "config/api/";

    /// <summary>The files that are built into the program.</summary>
    public static IReadOnlyList<CatalogueFile> Embedded() =>
    [
        .. typeof(CatalogueFile).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new CatalogueFile(name, Resource(name))),
    ];

    /// <summary>Every `.json` file of a folder, by name.</summary>
    /// <exception cref="IOException">The folder or a file cannot be read.</exception>
    public static IReadOnlyList<CatalogueFile> FromFolder(string folder) =>
    [
        .. Directory.GetFiles(folder, "*.json")
            .Order(StringComparer.Ordinal)
            .Select(path => new CatalogueFile(path, File.ReadAllText(path))),
    ];

    /// <summary>Its content.</summary>
    /// <exception cref="JsonException">It is not JSON, or has a key twice.</exception>
    public JsonElement Root() => JsonElement.Parse(Text, new JsonDocumentOptions { AllowDuplicateProperties = false });

    /// <summary>Every rule that the file names, conditional and former ones too.</summary>
    public IEnumerable<string> RuleNames()
    {
        using var document = JsonDocument.Parse(Text);
        return [.. Walk(document.RootElement, isRule: false).Distinct(StringComparer.Ordinal)];

        static IEnumerable<string> Walk(JsonElement value, bool isRule) => value.ValueKind switch
        {
            JsonValueKind.String when isRule => [value.GetString()!],
            JsonValueKind.Array => value.EnumerateArray().SelectMany(item => Walk(item, isRule)),
            JsonValueKind.Object => value.EnumerateObject().SelectMany(member => member.Name == "former_rules"
                ? member.Value.EnumerateObject().SelectMany(former => Walk(former.Value, isRule: true).Append(former.Name))
                : Walk(member.Value, member.Name is "rules" or "rule")),
            _ => [],
        };
    }

    /// <summary>The schema every file of the catalogue is held to.</summary>
    internal static string Schema() => Resource("config/schemas/api.schema.json");

    private static string Resource(string name)
    {
        using var stream = typeof(CatalogueFile).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the resource {name} is not in the program; embed config/** in Gateway.csproj");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
