using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Actions;

/// <summary>
/// A JSON value as Nova shows it in its messages, in Python's notation: `{'state': None}`. Secrets inside are removed.
/// </summary>
internal static class PythonText
{
    // A message must stay readable, and a body of a hundred kilobytes must not come back in it.
    private const int MaxLength = 512;

    /// <summary>As Python's `repr`.</summary>
    public static string Repr(BodyValue value, FrozenSet<string> secrets)
    {
        var text = new StringBuilder();
        Append(text, value, secrets);
        return Cut(text);
    }

    /// <summary>As Python's `str`: a string without quotes, anything else as by `repr`.</summary>
    public static string Str(BodyValue value, FrozenSet<string> secrets) =>
        value.ValueKind == JsonValueKind.String ? Cut(new StringBuilder(value.GetString())) : Repr(value, secrets);

    /// <summary>A string as by `repr`.</summary>
    public static string Repr(string value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return Cut(text);
    }

    private static void Append(StringBuilder text, BodyValue value, FrozenSet<string> secrets)
    {
        if (text.Length > MaxLength)
            return;

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                var first = true;
                foreach (var member in value.EnumerateObject())
                {
                    if (!first)
                        text.Append(", ");

                    first = false;
                    Append(text, member.Name);
                    text.Append(": ");
                    if (SecretNames.Contains(member.Name, secrets))
                        text.Append("'***'");
                    else
                        Append(text, member.Value, secrets);
                }

                text.Append('}');
                break;

            case JsonValueKind.Array:
                text.Append('[');
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    if (index++ > 0)
                        text.Append(", ");

                    Append(text, item, secrets);
                }

                text.Append(']');
                break;

            case JsonValueKind.String:
                Append(text, value.GetString()!);
                break;

            case JsonValueKind.True:
                text.Append("True");
                break;

            case JsonValueKind.False:
                text.Append("False");
                break;

            case JsonValueKind.Null:
                text.Append("None");
                break;

            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void Append(StringBuilder text, string value)
    {
        var quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        foreach (var rune in value.EnumerateRunes())
        {
            if (text.Length > MaxLength)
                break;

            switch (rune.Value)
            {
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                default:
                    if (rune.Value == quote)
                        text.Append('\\').Append(quote);
                    else if (SchemaFormats.IsPrintable(rune))
                        text.Append(rune.ToString());
                    else
                        AppendEscape(text, rune.Value);
                    break;
            }
        }

        text.Append(quote);
    }

    private static void AppendEscape(StringBuilder text, int code)
    {
        if (code <= 0xFF)
            text.Append(CultureInfo.InvariantCulture, $"\\x{code:x2}");
        else if (code <= 0xFFFF)
            text.Append(CultureInfo.InvariantCulture, $"\\u{code:x4}");
        else
            text.Append(CultureInfo.InvariantCulture, $"\\U{code:x8}");
    }

    private static string Cut(StringBuilder text)
    {
        if (text.Length <= MaxLength)
            return text.ToString();

        // Not through the middle of a surrogate pair.
        var end = char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return string.Concat(text.ToString(0, end), "...");
    }
}
