using System.Text.Json;
using NJsonSchema;
using NJsonSchema.Validation;

namespace Gateway.Actions;

/// <summary>Holds a catalogue file to its JSON Schema, and puts what is wrong into words.</summary>
internal sealed class CatalogueShape
{
    private readonly JsonSchema _schema;

    // The schema refers to nothing outside itself, so that reading it does no input or output and is done when the call returns.
    public CatalogueShape() => _schema = JsonSchema.FromJsonAsync(CatalogueFile.Schema()).GetAwaiter().GetResult();

    /// <summary>The file's content, or null after reporting what is wrong with its shape.</summary>
    public JsonElement? Read(CatalogueFile file, List<string> problems)
    {
        JsonElement root;
        try
        {
            root = file.Root();
        }
        catch (JsonException e)
        {
            var line = e.LineNumber is { } number ? $":{number + 1}" : "";
            problems.Add($"{file.Name}{line}: is not JSON, or has a key twice: {FirstSentence(e.Message)}");
            return null;
        }

        var errors = _schema.Validate(file.Text);
        problems.AddRange(errors.SelectMany(Leaves).Select(error => Describe(file, root, error)));
        return errors.Count == 0 ? root : null;
    }

    // What is wrong deep inside is told as it is, not as "the list is wrong".
    private static IEnumerable<ValidationError> Leaves(ValidationError error) =>
        error is ChildSchemaValidationError child ? child.Errors.Values.SelectMany(errors => errors).SelectMany(Leaves) : [error];

    private static string Describe(CatalogueFile file, JsonElement root, ValidationError error)
    {
        var place = Place(root, error.Path);
        var value = Value(root, error.Path);
        var reason = error.Kind switch
        {
            ValidationErrorKind.NoAdditionalPropertiesAllowed =>
                $"unknown key; known are {string.Join(", ", error.Schema.ActualProperties.Keys.Order(StringComparer.Ordinal))}",
            ValidationErrorKind.PropertyRequired => "is missing; add it",
            ValidationErrorKind.NotInEnumeration => $"{value} is none of {string.Join(", ", error.Schema.Enumeration.Select(item => $"`{item}`"))}",
            ValidationErrorKind.PatternMismatch => $"{value} does not match `{error.Schema.Pattern}`",
            ValidationErrorKind.TooFewItems => "is empty; list at least one",
            ValidationErrorKind.ItemsNotUnique => $"{value} lists something twice",
            _ => $"{value} does not fit: {error.Kind}, {error.Schema.Type.ToString().ToLowerInvariant()} is expected",
        };
        return $"{file.Name}:{(error.HasLineInfo ? error.LineNumber : 1)}: {place}: {reason}";
    }

    // `operations[3].rulez`, and the operation's own name, by which people know it.
    private static string Place(JsonElement root, string? path)
    {
        var place = (path ?? "").TrimStart('#', '/').Replace("/", ".", StringComparison.Ordinal);
        if (place.Length == 0)
            return "the file";

        var name = place.StartsWith("operations[", StringComparison.Ordinal)
            && Find(root, place[..(place.IndexOf(']') + 1)]) is { ValueKind: JsonValueKind.Object } operation
            && operation.TryGetProperty("name", out var text) ? $" ({text})" : "";
        return place + name;
    }

    private static string Value(JsonElement root, string? path)
    {
        var text = Find(root, (path ?? "").TrimStart('#', '/').Replace("/", ".", StringComparison.Ordinal))?.GetRawText() ?? "the value";
        return $"`{(text.Length > 60 ? string.Concat(text.AsSpan(0, 60), "...") : text)}`";
    }

    private static JsonElement? Find(JsonElement root, string place)
    {
        var value = root;
        foreach (var part in place.Split('.', '[').Where(part => part.Length > 0))
        {
            if (part.EndsWith(']'))
            {
                if (value.ValueKind != JsonValueKind.Array || !int.TryParse(part.AsSpan(0, part.Length - 1), out var index) || index >= value.GetArrayLength())
                    return null;

                value = value[index];
            }
            else if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(part, out value))
            {
                return null;
            }
        }

        return value;
    }

    private static string FirstSentence(string message) => message.Split(" LineNumber", StringSplitOptions.None)[0].TrimEnd('.', ' ');
}
