using System.Globalization;
using System.Numerics;

namespace Gateway.Policy.Python;

/// <summary>Floats as Python writes them: <c>repr</c> (shortest digits that read back) and the exact <c>%e %f %g</c> conversions.</summary>
internal static class PythonFloat
{
    public static string Repr(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";
        var (digits, exponent) = ShortestDigits(Math.Abs(value));
        var sign = value < 0 ? "-" : "";
        return exponent is < -4 or >= 16 ? sign + Scientific(digits, exponent) : sign + Positional(digits, exponent);
    }

    /// <summary>The digits without leading or trailing zeros, and the exponent of the first one.</summary>
    private static (string Digits, int Exponent) ShortestDigits(double value)
    {
        // .NET's own shortest form, `123.45`, `0.0012` or `1.2E+31`, taken apart.
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var e = text.IndexOf('E', StringComparison.Ordinal);
        var mantissa = e < 0 ? text : text[..e];
        var exponent = e < 0 ? 0 : int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa.Length : point;
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var zeros = digits.Length - digits.TrimStart('0').Length;
        return (digits.Trim('0'), exponent + whole - 1 - zeros);
    }

    private static string Positional(string digits, int exponent)
    {
        if (exponent < 0) return "0." + new string('0', -exponent - 1) + digits;
        if (digits.Length <= exponent + 1) return digits + new string('0', exponent + 1 - digits.Length) + ".0";
        return digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    private static string Scientific(string digits, int exponent) =>
        (digits.Length == 1 ? digits : digits[..1] + "." + digits[1..]) + Exponent(exponent);

    private static string Exponent(int exponent) =>
        (exponent < 0 ? "e-" : "e+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);

    /// <summary>One of Python's <c>e E f F g G</c> conversions; the value's sign is part of the result.</summary>
    public static string Format(double value, char conversion, int precision, bool alternate)
    {
        var upper = char.IsUpper(conversion);
        var sign = double.IsNegative(value) && !double.IsNaN(value) ? "-" : "";
        string body;
        if (double.IsNaN(value)) body = "nan";
        else if (double.IsInfinity(value)) body = "inf";
        else
        {
            var magnitude = Math.Abs(value);
            body = char.ToLowerInvariant(conversion) switch
            {
                'f' => Fixed(magnitude, precision, alternate),
                'e' => Exponential(magnitude, precision, alternate),
                _ => General(magnitude, precision == 0 ? 1 : precision, alternate),
            };
        }
        return sign + (upper ? body.ToUpperInvariant() : body);
    }

    private static string Fixed(double value, int precision, bool alternate)
    {
        var digits = ScaledDigits(value, precision).ToString(CultureInfo.InvariantCulture).PadLeft(precision + 1, '0');
        if (precision == 0) return alternate ? digits + "." : digits;
        return digits[..^precision] + "." + digits[^precision..];
    }

    private static string Exponential(double value, int precision, bool alternate)
    {
        var (digits, exponent) = SignificantDigits(value, precision + 1);
        var mantissa = precision > 0 ? digits[..1] + "." + digits[1..] : alternate ? digits + "." : digits;
        return mantissa + Exponent(exponent);
    }

    private static string General(double value, int precision, bool alternate)
    {
        var (digits, exponent) = SignificantDigits(value, precision);
        if (!alternate) digits = digits.TrimEnd('0') is { Length: > 0 } trimmed ? trimmed : "0";
        if (exponent < -4 || exponent >= precision)
        {
            return (digits.Length > 1 ? digits[..1] + "." + digits[1..] : alternate ? digits + "." : digits) + Exponent(exponent);
        }
        if (exponent < 0) return "0." + new string('0', -exponent - 1) + digits;
        if (digits.Length <= exponent + 1) return digits + new string('0', exponent + 1 - digits.Length) + (alternate ? "." : "");
        return digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    private static (string Digits, int Exponent) SignificantDigits(double value, int count)
    {
        if (value == 0) return (new string('0', count), 0);
        var exponent = (int)Math.Floor(Math.Log10(value));
        while (true)
        {
            var digits = ScaledDigits(value, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
            if (digits.Length == count) return (digits, exponent);
            exponent += digits.Length > count ? 1 : -1;
        }
    }

    /// <summary><c>value × 10^scale</c> rounded half to even on the exact binary value, as C's printf does.</summary>
    private static BigInteger ScaledDigits(double value, int scale)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7ff);
        var mantissa = bits & 0xfffffffffffffL;
        if (exponent == 0) exponent++;
        else mantissa |= 1L << 52;
        exponent -= 1075;
        BigInteger numerator = mantissa;
        var denominator = BigInteger.One;
        if (exponent >= 0) numerator <<= exponent;
        else denominator <<= -exponent;
        if (scale >= 0) numerator *= BigInteger.Pow(10, scale);
        else denominator *= BigInteger.Pow(10, -scale);
        var quotient = BigInteger.DivRem(numerator, denominator, out var remainder);
        var twice = (remainder << 1).CompareTo(denominator);
        return twice > 0 || (twice == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
