using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Compute.Api;

/// <summary>Values as Python prints them, because Nova's schema messages quote them so.</summary>
internal static class PythonText
{
    private const int MaxLength = 500;

    public static string Repr(JsonElement value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.Length <= MaxLength ? text.ToString() : text.ToString(0, MaxLength) + "...";
    }

    /// <summary>As in a message's "Value: …": a string stands there without quotes, everything else as <see cref="Repr"/>.</summary>
    public static string Plain(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : Repr(value);

    private static void Append(StringBuilder text, JsonElement value)
    {
        if (text.Length > MaxLength)
            return;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                AppendAll(text, '{', '}', Members.Of(value), static (text, member) =>
                {
                    AppendString(text, member.Key);
                    text.Append(": ");
                    Append(text, member.Value);
                });
                break;
            case JsonValueKind.Array:
                AppendAll(text, '[', ']', value.EnumerateArray(), Append);
                break;
            case JsonValueKind.String:
                AppendString(text, value.GetString()!);
                break;
            case JsonValueKind.True:
                text.Append("True");
                break;
            case JsonValueKind.False:
                text.Append("False");
                break;
            case JsonValueKind.Null or JsonValueKind.Undefined:
                text.Append("None");
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void AppendAll<T>(StringBuilder text, char open, char close, IEnumerable<T> items, Action<StringBuilder, T> append)
    {
        text.Append(open);
        var separator = "";
        foreach (var item in items)
        {
            text.Append(separator);
            append(text, item);
            separator = ", ";
        }

        text.Append(close);
    }

    private static void AppendString(StringBuilder text, string value)
    {
        var quote = value.Contains('\'') && !value.Contains('"') ? '"' : '\'';
        text.Append(quote);
        foreach (var character in value)
        {
            _ = character switch
            {
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                _ when character == quote => text.Append('\\').Append(character),
                < ' ' or '\x7f' => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"),
                _ => text.Append(character),
            };
        }

        text.Append(quote);
    }
}
