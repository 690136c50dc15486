using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Actions;

/// <summary>One keyword of a schema. A keyword says nothing of values of a type it is not about.</summary>
internal abstract class SchemaCheck
{
    /// <summary>Characters of a string that need no string to be made.</summary>
    protected const int TextBuffer = 256;

    public abstract bool Accepts(BodyValue value, SchemaVisit visit);

    /// <summary>The characters of a string or a name; in the buffer when it is short.</summary>
    protected static ReadOnlySpan<char> TextOf(ReadOnlySpan<byte> text, Span<char> buffer) =>
        text.Length > buffer.Length ? Encoding.UTF8.GetString(text) : buffer[..Encoding.UTF8.GetChars(text, buffer)];
}

internal sealed class TypeCheck(string[] types) : SchemaCheck
{
    private readonly string _names = string.Join(", ", types.Select(type => $"'{type}'"));

    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        foreach (var type in types)
        {
            if (Is(value, type))
                return true;
        }

        return visit.Fail(value, $"{visit.Show(value)} is not of type {_names}");
    }

    // `1.0` is no integer here, and a boolean is no number.
    public static bool IsInteger(BodyValue value) =>
        value.ValueKind == JsonValueKind.Number && value.Utf8.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;

    private static bool Is(BodyValue value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => IsInteger(value),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Null,
    };
}

internal sealed class EnumCheck(BodyValue[] values) : SchemaCheck
{
    private readonly string _shown =
        $"[{string.Join(", ", values.Select(value => PythonText.Repr(value, FrozenSet<string>.Empty)))}]";

    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        foreach (var allowed in values)
        {
            if (BodyValue.DeepEquals(allowed, value))
                return true;
        }

        return visit.Fail(value, $"{visit.Show(value)} is not one of {_shown}");
    }
}

internal sealed class PropertiesCheck(KeyValuePair<string, BodySchema>[] properties) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return true;

        foreach (var (name, schema) in properties)
        {
            if (value.TryGetProperty(name, out var member) && !visit.Descend(schema, member, name))
                return false;
        }

        return true;
    }
}

internal sealed class RequiredCheck(string[] names) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return true;

        foreach (var name in names)
        {
            if (!value.TryGetProperty(name, out _))
                return visit.Fail(value, $"{PythonText.Repr(name)} is a required property");
        }

        return true;
    }
}

internal sealed class PatternPropertiesCheck(KeyValuePair<Regex, BodySchema>[] patterns) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return true;

        Span<char> buffer = stackalloc char[TextBuffer];
        foreach (var (pattern, schema) in patterns)
        {
            foreach (var member in value.EnumerateObject())
            {
                if (pattern.IsMatch(TextOf(member.NameUtf8, buffer)) && !visit.Descend(schema, member))
                    return false;
            }
        }

        return true;
    }
}

/// <summary>additionalProperties: members that neither `properties` nor `patternProperties` names.</summary>
internal sealed class AdditionalPropertiesCheck(string[] known, KeyValuePair<Regex, string>[] patterns, BodySchema? schema) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.Object || (schema is null && visit.IgnoreUnknown && patterns.Length == 0))
            return true;

        List<string>? unknown = null;
        foreach (var member in value.EnumerateObject())
        {
            if (IsKnown(member))
                continue;

            if (schema is null && visit.IsQuiet)
                return false;
            if (schema is null)
                (unknown ??= []).Add(member.Name);
            else if (!visit.Descend(schema, member))
                return false;
        }

        return unknown is null || visit.Fail(value, $"{Reason(unknown)}");
    }

    private bool IsKnown(BodyMember member)
    {
        foreach (var name in known)
        {
            if (member.NameEquals(name))
                return true;
        }

        if (patterns.Length == 0) return false;
        var text = TextOf(member.NameUtf8, stackalloc char[TextBuffer]);
        foreach (var (pattern, _) in patterns)
            if (pattern.IsMatch(text)) return true;

        return false;
    }

    private string Reason(List<string> unknown)
    {
        var names = string.Join(", ", unknown.Take(8).Select(PythonText.Repr));
        if (patterns.Length > 0)
        {
            var verb = unknown.Count == 1 ? "does" : "do";
            return $"{names} {verb} not match any of the regexes: {string.Join(", ", patterns.Select(pattern => $"'{pattern.Value}'"))}";
        }

        return $"Additional properties are not allowed ({names} {(unknown.Count == 1 ? "was" : "were")} unexpected)";
    }
}

internal sealed class ItemsCheck(BodySchema schema) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return true;

        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (!visit.Descend(schema, item, index))
                return false;

            index++;
        }

        return true;
    }
}

internal sealed class ItemCountCheck(int limit, bool isMinimum) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return true;

        var count = value.GetArrayLength();
        return (isMinimum ? count >= limit : count <= limit)
            || visit.Fail(value, $"{visit.Show(value)} is too {(isMinimum ? "short" : "long")}");
    }
}

internal sealed class UniqueItemsCheck : SchemaCheck
{
    public const int MostItems = 256;

    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return true;

        // More than that is `maxItems`'s to refuse, wherever it stands.
        if (value.GetArrayLength() > MostItems)
            return visit.Fail(value, $"{visit.Show(value)} is too long");

        var seen = 0;
        foreach (var item in value.EnumerateArray())
        {
            var others = value.EnumerateArray();
            for (var i = 0; i < seen && others.MoveNext(); i++)
                if (BodyValue.DeepEquals(item, others.Current)) return visit.Fail(value, $"{visit.Show(value)} has non-unique elements");
            seen++;
        }

        return true;
    }
}

/// <summary>minLength and maxLength, in code points.</summary>
internal sealed class LengthCheck(int limit, bool isMinimum) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.String)
            return true;

        var text = TextOf(value.Utf8, stackalloc char[TextBuffer]);
        var length = text.Length;
        foreach (var c in text)
        {
            if (char.IsLowSurrogate(c))
                length--;
        }

        return (isMinimum ? length >= limit : length <= limit)
            || visit.Fail(value, $"{visit.Show(value)} is too {(isMinimum ? "short" : "long")}");
    }
}

internal sealed class PatternCheck(Regex regex, string pattern) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit) =>
        value.ValueKind != JsonValueKind.String
        || regex.IsMatch(TextOf(value.Utf8, stackalloc char[TextBuffer]))
        || visit.Fail(value, $"{visit.Show(value)} does not match '{pattern}'");
}

/// <summary>minimum and maximum. As in Nova, a string of digits counts as its number; numbers have no size limit.</summary>
internal sealed class BoundCheck(long limit, bool isMinimum) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (IsWithin(value))
            return true;

        var word = isMinimum ? "less than the minimum" : "greater than the maximum";
        return visit.Fail(value, $"{visit.Show(value)} is {word} of {limit}");
    }

    private bool IsWithin(BodyValue value)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var small))
            return isMinimum ? small >= limit : small <= limit;

        return Number(value) is not { } number || (isMinimum ? number >= limit : number <= limit);
    }

    private static BigInteger? Number(BodyValue value)
    {
        if (TypeCheck.IsInteger(value))
            return BigInteger.Parse(value.GetRawText(), CultureInfo.InvariantCulture);
        if (value.ValueKind == JsonValueKind.Number)
            return new BigInteger(Math.Floor(value.GetDouble()));

        // Longer texts are no numbers anyone means; a pattern or the length refuses them.
        if (value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: > 0 and <= StrictJson.MaxNumberLength } text
            && text.AsSpan(text[0] == '-' ? 1 : 0) is { Length: > 0 } digits
            && !digits.ContainsAnyExceptInRange('0', '9'))
        {
            return BigInteger.Parse(text, CultureInfo.InvariantCulture);
        }

        return null;
    }
}

internal sealed class FormatCheck(string format, SchemaFormats.Test test) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        if (value.ValueKind != JsonValueKind.String)
            return true;

        var text = TextOf(value.Utf8, stackalloc char[TextBuffer]);
        return format == "name" ? AcceptsName(value, text, visit) : test(text) || visit.Fail(value, $"{visit.Show(value)} is not a '{format}'");
    }

    private bool AcceptsName(BodyValue value, ReadOnlySpan<char> text, SchemaVisit visit) =>
        // /v2 takes white space around a name and trims it.
        test(visit.IgnoreUnknown ? text.Trim() : text)
        || visit.Fail(value, $"printable characters. Can not start or end with whitespace.", isName: true);
}

internal sealed class OneOfCheck(BodySchema[] schemas) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit)
    {
        var matches = 0;
        foreach (var schema in schemas)
            if (visit.Try(schema, value)) matches++;

        return matches switch
        {
            1 => true,
            0 => visit.Fail(value, $"{visit.Show(value)} is not valid under any of the given schemas"),
            _ => visit.Fail(value, $"{visit.Show(value)} is valid under more than one of the given schemas"),
        };
    }
}

/// <summary>A named schema, looked up when it is used, so that names may be defined in any order.</summary>
internal sealed class ReferenceCheck(IReadOnlyDictionary<string, BodySchema> types, string name) : SchemaCheck
{
    public override bool Accepts(BodyValue value, SchemaVisit visit) => types[name].Accepts(value, visit);
}
