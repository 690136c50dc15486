using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gateway.Policy.Python;

/// <summary>JSON as Python's <c>json.dumps</c> writes it: ASCII only, a space after each comma and colon.</summary>
internal static class PythonJson
{
    public static string Dump(object? value)
    {
        var output = new StringBuilder();
        Append(output, value);
        return output.ToString();
    }

    private static void Append(StringBuilder output, object? value)
    {
        switch (value)
        {
            case null:
                output.Append("null");
                break;
            case bool flag:
                output.Append(flag ? "true" : "false");
                break;
            case string text:
                AppendText(output, text);
                break;
            case long or BigInteger:
                output.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case double number:
                output.Append(double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonFloat.Repr(number));
                break;
            case IReadOnlyDictionary<string, object?> map:
                AppendMap(output, map);
                break;
            case IReadOnlyList<object?> list:
                output.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) output.Append(", ");
                    Append(output, list[i]);
                }
                output.Append(']');
                break;
            default:
                throw new ArgumentException($"a `{value.GetType()}` has no JSON form", nameof(value));
        }
    }

    private static void AppendMap(StringBuilder output, IReadOnlyDictionary<string, object?> map)
    {
        output.Append('{');
        var first = true;
        foreach (var (key, item) in map)
        {
            if (!first) output.Append(", ");
            first = false;
            AppendText(output, key);
            output.Append(": ");
            Append(output, item);
        }
        output.Append('}');
    }

    private static void AppendText(StringBuilder output, string text)
    {
        output.Append('"');
        foreach (var ch in text)
        {
            switch (ch)
            {
                case '"': output.Append("\\\""); break;
                case '\\': output.Append("\\\\"); break;
                case '\n': output.Append("\\n"); break;
                case '\r': output.Append("\\r"); break;
                case '\t': output.Append("\\t"); break;
                case '\b': output.Append("\\b"); break;
                case '\f': output.Append("\\f"); break;
                case >= ' ' and < '\u007f': output.Append(ch); break;
                default: output.Append("\\u").Append(((int)ch).ToString("x4")); break;
            }
        }
        output.Append('"');
    }
}
