using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gateway.Policy.Python;

/// <summary>
/// What Python's <c>str()</c>, <c>repr()</c> and truth test give for the values a policy meets: strings, booleans, integers,
/// floats, null, lists and mappings. Checks compare text, so <c>None</c>, <c>True</c> and <c>1e+16</c> must be spelt as Python spells them.
/// </summary>
internal static class PythonText
{
    /// <summary>Nesting deeper than this is cut off with <c>...</c>; values that deep do not come from JSON of a sane size.</summary>
    private const int MaxDepth = 200;

    public static string Str(object? value) => value switch
    {
        string text => text,
        null => "None",
        bool flag => flag ? "True" : "False",
        _ => Repr(value),
    };

    public static string Repr(object? value)
    {
        var output = new StringBuilder();
        AppendRepr(output, value, MaxDepth);
        return output.ToString();
    }

    /// <summary><c>ascii()</c>: <see cref="Repr"/> with everything outside ASCII escaped.</summary>
    public static string Ascii(object? value)
    {
        var repr = Repr(value);
        if (System.Text.Ascii.IsValid(repr)) return repr;
        var output = new StringBuilder();
        foreach (var rune in Codepoints(repr))
        {
            if (rune < 0x80) output.Append((char)rune);
            else AppendEscape(output, rune);
        }
        return output.ToString();
    }

    /// <summary>Python's truth test.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        string text => text.Length > 0,
        long number => number != 0,
        double number => number != 0,
        BigInteger number => !number.IsZero,
        IReadOnlyDictionary<string, object?> map => map.Count > 0,
        IReadOnlyList<object?> list => list.Count > 0,
        _ => true,
    };

    private static void AppendRepr(StringBuilder output, object? value, int depth)
    {
        switch (value)
        {
            case null:
                output.Append("None");
                break;
            case bool flag:
                output.Append(flag ? "True" : "False");
                break;
            case string text:
                AppendQuoted(output, text);
                break;
            case double number:
                output.Append(PythonFloat.Repr(number));
                break;
            case IReadOnlyDictionary<string, object?> map:
                AppendMapping(output, map, depth);
                break;
            case IReadOnlyList<object?> list:
                AppendList(output, list, depth);
                break;
            case IFormattable formattable:
                output.Append(formattable.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                output.Append(value);
                break;
        }
    }

    private static void AppendMapping(StringBuilder output, IReadOnlyDictionary<string, object?> map, int depth)
    {
        if (depth == 0)
        {
            output.Append("{...}");
            return;
        }
        output.Append('{');
        var first = true;
        foreach (var (key, item) in map)
        {
            if (!first) output.Append(", ");
            first = false;
            AppendQuoted(output, key);
            output.Append(": ");
            AppendRepr(output, item, depth - 1);
        }
        output.Append('}');
    }

    private static void AppendList(StringBuilder output, IEnumerable list, int depth)
    {
        if (depth == 0)
        {
            output.Append("[...]");
            return;
        }
        output.Append('[');
        var first = true;
        foreach (var item in list)
        {
            if (!first) output.Append(", ");
            first = false;
            AppendRepr(output, item, depth - 1);
        }
        output.Append(']');
    }

    private static void AppendQuoted(StringBuilder output, string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        output.Append(quote);
        foreach (var rune in Codepoints(text))
        {
            if (rune == quote || rune == '\\') output.Append('\\').Append((char)rune);
            else if (rune == '\t') output.Append("\\t");
            else if (rune == '\n') output.Append("\\n");
            else if (rune == '\r') output.Append("\\r");
            else if (IsPrintable(rune)) AppendRune(output, rune);
            else AppendEscape(output, rune);
        }
        output.Append(quote);
    }

    internal static void AppendRune(StringBuilder output, int rune)
    {
        if (rune > 0xffff) output.Append(char.ConvertFromUtf32(rune));
        else output.Append((char)rune);
    }

    private static void AppendEscape(StringBuilder output, int rune)
    {
        if (rune <= 0xff) output.Append("\\x").Append(rune.ToString("x2"));
        else if (rune <= 0xffff) output.Append("\\u").Append(rune.ToString("x4"));
        else output.Append("\\U").Append(rune.ToString("x8"));
    }

    /// <summary><c>str.isprintable()</c> for one code point.</summary>
    private static bool IsPrintable(int rune)
    {
        if (rune < 0x80) return rune is >= 0x20 and < 0x7f;
        return CharUnicodeInfo.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
    }

    /// <summary>The code points of a string as Python counts them; a lone surrogate is one code point.</summary>
    internal static IEnumerable<int> Codepoints(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                yield return char.ConvertToUtf32(text[i], text[i + 1]);
                i++;
            }
            else
            {
                yield return text[i];
            }
        }
    }

    /// <summary>
    /// Python's <c>str.lower()</c>. It differs from .NET's invariant lower-casing in two places: <c>İ</c> becomes two code points, and a
    /// capital sigma at the end of a word becomes the final form.
    /// </summary>
    public static string Lower(string text)
    {
        if (System.Text.Ascii.IsValid(text)) return text.ToLowerInvariant();
        var runes = Codepoints(text).ToArray();
        var output = new StringBuilder(text.Length + 2);
        for (var i = 0; i < runes.Length; i++)
        {
            if (runes[i] == 0x130) output.Append("i\u0307");
            else if (runes[i] == 0x3a3) output.Append(IsFinalSigma(runes, i) ? '\u03c2' : '\u03c3');
            else if (Rune.TryCreate(runes[i], out var rune)) AppendRune(output, Rune.ToLowerInvariant(rune).Value);
            else AppendRune(output, runes[i]);
        }
        return output.ToString();
    }

    // Unicode's Final_Sigma: preceded by a cased letter and not followed by one, looking through case-ignorable characters.
    private static bool IsFinalSigma(int[] runes, int at)
    {
        var before = at - 1;
        while (before >= 0 && IsCaseIgnorable(runes[before])) before--;
        if (before < 0 || !IsCased(runes[before])) return false;
        var after = at + 1;
        while (after < runes.Length && IsCaseIgnorable(runes[after])) after++;
        return after == runes.Length || !IsCased(runes[after]);
    }

    private static bool IsCased(int rune) => CharUnicodeInfo.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter
        or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter;

    private static bool IsCaseIgnorable(int rune) =>
        rune is '\'' or '.' or ':' or '\u00b7' or '\u2019' or '\u2018' or '\u2024' or '\u2027'
        || CharUnicodeInfo.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
