using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Gateway.Policy.Files;

/// <summary>JSON values as Python's <c>json.loads</c> types them: integers of any size, floats, texts, lists, mappings in their order.</summary>
public static class JsonValues
{
    /// <summary>The value of an element, in the types that <see cref="Credentials"/> and <see cref="TargetAttributes"/> take.</summary>
    public static object? FromElement(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return Mapping(element);
            case JsonValueKind.Array:
                var items = new object?[element.GetArrayLength()];
                var i = 0;
                foreach (var item in element.EnumerateArray()) items[i++] = FromElement(item);
                return items;
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Number:
                return Number(element.GetRawText());
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                return null;
        }
    }

    /// <summary>The members of an object; of a doubled name the last one counts, as in Python.</summary>
    public static IReadOnlyDictionary<string, object?> Mapping(JsonElement element)
    {
        var map = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject()) map[member.Name] = FromElement(member.Value);
        return map;
    }

    internal static object Number(ref Utf8JsonReader reader) => Number(Encoding.ASCII.GetString(reader.ValueSpan));

    private static object Number(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        return text.AsSpan().IndexOfAny(".eE") < 0
            ? BigInteger.Parse(text, CultureInfo.InvariantCulture)
            : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }
}
