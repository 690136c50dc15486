using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Actions;

/// <summary>Compiles the schemas of one catalogue file and reports everything in them it does not know.</summary>
internal sealed class SchemaCompiler(Action<string, string> report)
{
    private static readonly string[] TypeNames = ["object", "array", "string", "number", "integer", "boolean", "null"];

    private static readonly string[] Keywords =
    [
        "type", "enum", "properties", "required", "patternProperties", "additionalProperties", "items", "minItems", "maxItems", "uniqueItems",
        "minLength", "maxLength", "pattern", "minimum", "maximum", "format", "oneOf", "$ref", "description",
    ];

    // Stands in for a pattern that was reported as faulty.
    private static readonly Regex Never = new("[^\\s\\S]", RegexOptions.NonBacktracking);

    private readonly Dictionary<string, BodySchema> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Regex?> _patterns = new(StringComparer.Ordinal);
    private HashSet<string> _typeNames = [];

    /// <summary>Compiles the file's named schemas; to be called once, first.</summary>
    public void DefineTypes(JsonElement types)
    {
        _typeNames = [.. types.EnumerateObject().Select(type => type.Name)];
        foreach (var type in types.EnumerateObject())
        {
            // A name within a name would allow circles.
            if (type.Value.GetRawText().Contains("\"$ref\"", StringComparison.Ordinal))
                report($"types.{type.Name}", "a named type may not use `$ref`; write its schema out");
            else
                _types[type.Name] = Compile(type.Value, $"types.{type.Name}");
        }
    }

    public BodySchema Compile(JsonElement schema, string place)
    {
        if (schema.ValueKind == JsonValueKind.True)
            return BodySchema.Anything;
        if (schema.ValueKind == JsonValueKind.Object)
            return new BodySchema([.. schema.EnumerateObject().Select(keyword => Check(schema, keyword, place)).OfType<SchemaCheck>()]);

        report(place, $"a schema is an object or `true`, not `{schema.GetRawText()}`");
        return BodySchema.Anything;
    }

    private SchemaCheck? Check(JsonElement schema, JsonProperty keyword, string place)
    {
        var value = keyword.Value;
        var here = $"{place}.{keyword.Name}";
        switch (keyword.Name)
        {
            case "description":
                return null;
            case "type":
                return new TypeCheck(Types(value, here));
            case "enum":
                return new EnumCheck([.. Items(value, here).Select(item => Literal(item, here))]);
            case "properties":
                return new PropertiesCheck([.. Members(value, here).Select(member => KeyValuePair.Create(member.Name, Compile(member.Value, $"{here}.{member.Name}")))]);
            case "required":
                return new RequiredCheck([.. Items(value, here).Select(item => Text(item, here))]);
            case "patternProperties":
                return new PatternPropertiesCheck(
                    [.. Members(value, here).Select(member => KeyValuePair.Create(Pattern(member.Name, here), Compile(member.Value, $"{here}.{member.Name}")))]);
            case "additionalProperties":
                return Additional(schema, value, here);
            case "items":
                return new ItemsCheck(Compile(value, here));
            case "minItems" or "maxItems":
                return new ItemCountCheck((int)Number(value, here), keyword.Name == "minItems");
            case "uniqueItems":
                return value.ValueKind == JsonValueKind.True ? Unique(schema, here) : null;
            case "minLength" or "maxLength":
                return new LengthCheck((int)Number(value, here), keyword.Name == "minLength");
            case "pattern":
                return new PatternCheck(Pattern(Text(value, here), here), Text(value, here));
            case "minimum" or "maximum":
                return new BoundCheck(Number(value, here), keyword.Name == "minimum");
            case "format":
                return Format(Text(value, here), here);
            case "oneOf":
                return new OneOfCheck([.. Items(value, here).Select((item, index) => Compile(item, $"{here}[{index}]"))]);
            case "$ref":
                return Reference(Text(value, here), here);
            default:
                report(here, $"unknown schema keyword `{keyword.Name}`; known are {string.Join(", ", Keywords)}");
                return null;
        }
    }

    /// <summary>Each item is compared with every other, so there must not be many.</summary>
    private UniqueItemsCheck Unique(JsonElement schema, string here)
    {
        if (!schema.TryGetProperty("maxItems", out var most) || most.ValueKind != JsonValueKind.Number || !most.TryGetInt32(out var count) || count > UniqueItemsCheck.MostItems)
            report(here, $"needs `maxItems` beside it, of at most {UniqueItemsCheck.MostItems}");
        return new UniqueItemsCheck();
    }

    private AdditionalPropertiesCheck? Additional(JsonElement schema, JsonElement value, string here)
    {
        if (value.ValueKind == JsonValueKind.True)
            return null;

        string[] known = schema.TryGetProperty("properties", out var properties) ? [.. Members(properties, here).Select(member => member.Name)] : [];
        KeyValuePair<Regex, string>[] patterns = schema.TryGetProperty("patternProperties", out var patternProperties)
            ? [.. Members(patternProperties, here).Select(member => KeyValuePair.Create(Pattern(member.Name, here), member.Name))]
            : [];
        return new AdditionalPropertiesCheck(known, patterns, value.ValueKind == JsonValueKind.False ? null : Compile(value, here));
    }

    private FormatCheck? Format(string name, string here)
    {
        if (SchemaFormats.All.TryGetValue(name, out var test))
            return new FormatCheck(name, test);

        report(here, $"unknown format `{name}`; known are {string.Join(", ", SchemaFormats.All.Keys.Order(StringComparer.Ordinal))}");
        return null;
    }

    private ReferenceCheck? Reference(string reference, string here)
    {
        const string Start = "#/types/";
        if (reference.StartsWith(Start, StringComparison.Ordinal) && _typeNames.Contains(reference[Start.Length..]))
            return new ReferenceCheck(_types, reference[Start.Length..]);

        report(here, $"`{reference}` names no type of this file; define it under `types` and write `{Start}NAME`");
        return null;
    }

    private Regex Pattern(string pattern, string here)
    {
        if (!_patterns.TryGetValue(pattern, out var regex))
            _patterns[pattern] = regex = TryPattern(pattern, here);

        return regex ?? Never;
    }

    private Regex? TryPattern(string pattern, string here)
    {
        // `$` also stands before a last line break, in Python and here; a host called "a\n" is not meant by any schema.
        var strict = pattern.EndsWith('$') && !pattern.EndsWith("\\$", StringComparison.Ordinal) ? string.Concat(pattern.AsSpan(0, pattern.Length - 1), "\\z") : pattern;
        try
        {
            return new Regex(strict, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            report(here, $"`{pattern}` is not a usable regular expression: {e.Message}");
            return null;
        }
    }

    private string[] Types(JsonElement value, string here)
    {
        string[] names = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => Text(item, here))] : [Text(value, here)];
        foreach (var name in names.Where(name => !TypeNames.Contains(name)))
            report(here, $"unknown type `{name}`; known are {string.Join(", ", TypeNames)}");

        return names;
    }

    private JsonElement[] Items(JsonElement value, string here)
    {
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray()];

        report(here, $"must be a list, not `{value.GetRawText()}`");
        return [];
    }

    private BodyValue Literal(JsonElement value, string here)
    {
        if (StrictJson.Parse(Encoding.UTF8.GetBytes(value.GetRawText()), out var reason) is { } document) return document.Root;

        report(here, $"`{value.GetRawText()}` is not a value that a body can have: {reason}");
        return default;
    }

    private JsonProperty[] Members(JsonElement value, string here)
    {
        if (value.ValueKind == JsonValueKind.Object)
            return [.. value.EnumerateObject()];

        report(here, $"must be an object, not `{value.GetRawText()}`");
        return [];
    }

    private string Text(JsonElement value, string here)
    {
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString()!;

        report(here, $"must be a text, not `{value.GetRawText()}`");
        return "";
    }

    private long Number(JsonElement value, string here)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            return number;

        report(here, $"must be a whole number, not `{value.GetRawText()}`");
        return 0;
    }
}
