using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Gateway.Policy.Files;

/// <summary>
/// YAML 1.1's implicit types as PyYAML resolves plain scalars: <c>yes</c>, <c>on</c> and <c>off</c> are booleans, <c>~</c> and nothing are null,
/// <c>1_000</c>, <c>0x10</c>, <c>010</c> and <c>1:30</c> are integers.
/// </summary>
internal static partial class YamlScalars
{
    public static object? Resolve(string text)
    {
        if (text.Length == 0) return null;
        switch (text)
        {
            case "~" or "null" or "Null" or "NULL":
                return null;
            case "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return true;
            case "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return false;
        }
        if (!"-+0123456789.".Contains(text[0], StringComparison.Ordinal)) return text;
        if (FloatPattern().IsMatch(text)) return Float(text);
        if (IntegerPattern().IsMatch(text)) return Integer(text);
        return TimestampPattern().IsMatch(text) ? new YamlTimestamp(text) : text;
    }

    internal static object Integer(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        var negative = digits[0] == '-';
        digits = digits.TrimStart('+', '-');
        BigInteger value;
        if (digits == "0") value = 0;
        else if (digits.StartsWith("0b", StringComparison.Ordinal)) value = InBase(digits[2..], 2);
        else if (digits.StartsWith("0x", StringComparison.Ordinal)) value = InBase(digits[2..], 16);
        else if (digits[0] == '0') value = InBase(digits, 8);
        else if (digits.Contains(':')) value = digits.Split(':').Aggregate(BigInteger.Zero, (sum, part) => (sum * 60) + BigInteger.Parse(part, CultureInfo.InvariantCulture));
        else value = BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        if (negative) value = -value;
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : value;
    }

    private static BigInteger InBase(string digits, int number) =>
        digits.Aggregate(BigInteger.Zero, (sum, digit) => (sum * number) + int.Parse(digit.ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    internal static object Float(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        var sign = digits[0] == '-' ? -1.0 : 1.0;
        digits = digits.TrimStart('+', '-');
        if (digits == ".inf") return sign * double.PositiveInfinity;
        if (digits == ".nan") return double.NaN;
        if (!digits.Contains(':')) return sign * double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        return sign * digits.Split(':').Aggregate(0.0, (sum, part) => (sum * 60) + double.Parse(part, NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z", RegexOptions.NonBacktracking)]
    private static partial Regex FloatPattern();

    [GeneratedRegex(@"^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)\z", RegexOptions.NonBacktracking)]
    private static partial Regex IntegerPattern();

    [GeneratedRegex(@"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)\z", RegexOptions.NonBacktracking)]
    private static partial Regex TimestampPattern();
}

/// <summary>A date or a time, which no rule can be.</summary>
internal sealed record YamlTimestamp(string Text)
{
    public override string ToString() => Text;
}
