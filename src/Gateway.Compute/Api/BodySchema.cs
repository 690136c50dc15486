using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Gateway.Compute.Api;

/// <summary>A member of a body: whether it must be there and what is wrong with a value (null when nothing is).</summary>
internal sealed record Field(string Name, Func<JsonElement, string?> Check, bool Required = false);

/// <summary>
/// Checks of body values, with the messages of Nova's validator. A check returns the reason in the words of Python's
/// jsonschema, or null.
/// </summary>
internal static class BodySchema
{
    private const string WholeMessage = "\u0001";
    private static readonly string[] TrueWords = ["True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"];
    private static readonly string[] FalseWords = ["False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"];

    public static string? Any(JsonElement value) => null;

    /// <summary>
    /// Checks the object at <paramref name="attribute"/>. <paramref name="relaxed"/> drops unknown members instead of refusing
    /// them, as below <c>/v2</c>.
    /// </summary>
    /// <returns>Nova's whole message, or null with the members to use.</returns>
    public static string? CheckObject(
        string attribute, JsonElement value, IReadOnlyList<Field> fields, bool relaxed, out IReadOnlyDictionary<string, JsonElement> members)
    {
        members = new Dictionary<string, JsonElement>();
        if (value.ValueKind != JsonValueKind.Object)
            return Message(attribute, value, NotOfType(value, "object"));
        var all = Members.Of(value);
        var unknown = all.Keys.Where(name => fields.All(field => field.Name != name)).Order(StringComparer.Ordinal).ToArray();
        if (unknown.Length > 0 && !relaxed)
        {
            var names = string.Join(", ", unknown.Select(name => $"'{name}'"));
            return Message(attribute, value, $"Additional properties are not allowed ({names} {(unknown.Length == 1 ? "was" : "were")} unexpected)");
        }

        foreach (var field in fields)
        {
            if (!all.TryGetValue(field.Name, out var member))
            {
                if (field.Required)
                    return Message(attribute, value, $"'{field.Name}' is a required property");
            }
            else if (field.Check(member) is { } reason)
            {
                return Message(field.Name, member, reason);
            }
        }

        foreach (var name in unknown)
            all.Remove(name);
        members = all;
        return null;
    }

    public static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? null : NotOfType(value, "string");

    public static Func<JsonElement, string?> Text(int min, int max) => value =>
        Text(value) ?? Length(value, min, max);

    public static Func<JsonElement, string?> OrNull(Func<JsonElement, string?> check) => value =>
        value.ValueKind == JsonValueKind.Null ? null : check(value);

    public static Func<JsonElement, string?> OneOf(params string[] words) => value =>
        Text(value) ?? (words.Contains(value.GetString()) ? null : $"{PythonText.Repr(value)} is not one of [{string.Join(", ", words.Select(w => $"'{w}'"))}]");

    /// <summary>
    /// 1 to 255 printable characters of the basic plane, none of them white space at either end (which <c>/v2</c> trims).
    /// </summary>
    public static Func<JsonElement, string?> Name(bool trims) => value =>
    {
        if (Text(value) is { } reason)
            return reason;
        var text = value.GetString()!;
        if (Length(value, 1, 255) is { } wrongLength)
            return wrongLength;
        return (trims ? text.Trim() : text) is { Length: > 0 } name && !char.IsWhiteSpace(name[0]) && !char.IsWhiteSpace(name[^1]) && name.All(IsPrintable)
            ? null
            : WholeMessage + "An invalid 'name' value was provided. The name must be: printable characters. "
                + "Can not start or end with whitespace.";
    };

    /// <summary>A whole number of at least <paramref name="min"/>, or a string of digits that is one.</summary>
    public static Func<JsonElement, string?> Count(int min) => value =>
    {
        if (value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String))
            return NotOfType(value, "integer', 'string");
        var digits = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.GetString()!;
        if (value.ValueKind == JsonValueKind.String)
        {
            if (digits.Length == 0)
                return "'' is too short";
            if (!digits.All(char.IsAsciiDigit))
                return $"{PythonText.Repr(value)} does not match '^[0-9]*$'";
        }
        else if (!BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
        {
            return NotOfType(value, "integer', 'string");
        }

        return BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) < min
            ? $"{digits} is less than the minimum of {min}"
            : null;
    };

    /// <summary>The number that <see cref="Count"/> accepted, or the largest int for one that is larger.</summary>
    public static int ReadCount(JsonElement value)
    {
        var digits = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.GetString()!;
        var number = BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return (int)BigInteger.Min(number, int.MaxValue);
    }

    /// <summary>JSON true and false and the twenty words Nova takes for them.</summary>
    public static string? Boolean(JsonElement value)
    {
        var accepted = value.ValueKind is JsonValueKind.True or JsonValueKind.False
            || (value.ValueKind == JsonValueKind.String && (TrueWords.Contains(value.GetString()) || FalseWords.Contains(value.GetString())));
        return accepted
            ? null
            : $"{PythonText.Repr(value)} is not one of [True, {Quoted(TrueWords)}, False, {Quoted(FalseWords)}]";
    }

    public static bool ReadBoolean(JsonElement value) =>
        value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && TrueWords.Contains(value.GetString()));

    /// <summary>A host name: 1 to 255 letters, digits, dots, dashes and underscores; or null.</summary>
    public static string? HostOrNull(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            return NotOfType(value, "string', 'null");
        return Length(value, 1, 255)
            ?? (value.GetString()!.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
                ? null
                : $"{PythonText.Repr(value)} does not match '^[a-zA-Z0-9-._]*$'");
    }

    /// <summary>Metadata: keys of 1 to 255 letters, digits and <c>-_:. </c>, values strings of at most 255.</summary>
    public static string? Metadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return NotOfType(value, "object");
        foreach (var (key, entry) in Members.Of(value))
        {
            if (key.Length is 0 or > 255 || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or ':' or '.' or ' '))
                return $"Additional properties are not allowed ('{key}' was unexpected)";
            if ((Text(entry) ?? Length(entry, 0, 255)) is { } reason)
                return WholeMessage + Message(key, entry, reason);
        }

        return null;
    }

    public static Dictionary<string, string> ReadMetadata(JsonElement value) =>
        Members.Of(value).ToDictionary(pair => pair.Key, pair => pair.Value.GetString()!, StringComparer.Ordinal);

    public static string Message(string attribute, JsonElement value, string reason) =>
        reason.StartsWith(WholeMessage, StringComparison.Ordinal)
            ? reason[WholeMessage.Length..]
            : $"Invalid input for field/attribute {attribute}. Value: {PythonText.Plain(value)}. {reason}";

    public static string NotOfType(JsonElement value, string type) => $"{PythonText.Repr(value)} is not of type '{type}'";

    private static string? Length(JsonElement value, int min, int max)
    {
        var length = value.GetString()!.EnumerateRunes().Count();
        return length < min ? $"{PythonText.Repr(value)} is too short"
            : length > max ? $"{PythonText.Repr(value)} is too long"
            : null;
    }

    private static string Quoted(string[] words) => string.Join(", ", words.Select(word => $"'{word}'"));

    private static bool IsPrintable(char character) => char.GetUnicodeCategory(character) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
