using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Casbin;

/// <summary>
/// Regular expressions from policy text, matched in time linear in the input (<see cref="RegexOptions.NonBacktracking"/>), with the
/// meaning they have in the other Casbins where .NET's own differs: `$` is the very end, and `\d \w` are ASCII.
/// </summary>
internal static class PatternRegex
{
    private static readonly SearchValues<char> Signs = SearchValues.Create(@"\^$.|?*+()[]{}");

    /// <exception cref="CasbinException">Not a regular expression, or one that needs backtracking.</exception>
    public static Regex Create(string pattern)
    {
        try
        {
#pragma warning disable MA0009 // NonBacktracking matches in linear time and needs no timeout.
            return new Regex(Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
#pragma warning restore MA0009
        }
        catch (ArgumentException exception)
        {
            throw new CasbinException($"`{pattern}` is not a regular expression: {exception.Message}", exception);
        }
        catch (NotSupportedException exception)
        {
            throw new CasbinException($"`{pattern}` looks around or refers back, which cannot be matched in linear time; write it without", exception);
        }
    }

    /// <summary>True when no character of the text means anything in a regular expression.</summary>
    public static bool IsPlain(string text) => !text.AsSpan().ContainsAny(Signs);

    /// <summary>
    /// A match with its groups. Null also for a key that ends in a line break: there NonBacktracking with `\z` finds the match but
    /// returns empty groups, and parameters that differ would seem the same.
    /// </summary>
    public static Match? MatchGroups(Regex regex, string key) =>
        !key.EndsWith('\n') && regex.Match(key) is { Success: true } match ? match : null;

    private static string Translate(string pattern)
    {
        var result = new StringBuilder(pattern.Length + 8);
        var inClass = false;
        var repeatable = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            var group = c == '?' && i > 0 && pattern[i - 1] == '(' && !(i > 1 && pattern[i - 2] == '\\');

            // .NET takes `^*` for "anything"; elsewhere there is nothing to repeat.
            if (!inClass && !repeatable && !group && c is '*' or '+' or '?')
                throw new CasbinException($"`{pattern}` is not a regular expression: `{c}` at {i} follows nothing that could be repeated");
            repeatable = inClass || c is not ('^' or '$' or '(' or '|') && !group && !(c == '\\' && i + 1 < pattern.Length && pattern[i + 1] is 'b' or 'B');
            if (c == '\\' && i + 1 < pattern.Length)
                AppendEscape(result, pattern[++i], inClass);
            else if (inClass)
            {
                inClass = c != ']';
                // .NET reads `[a-z-[b]]` as a subtraction; elsewhere a bracket within a class is a character.
                result.Append(c == '[' ? @"\[" : c.ToString());
            }
            else if (c == '[')
                inClass = OpenClass(result, pattern, ref i);
            else
                result.Append(c == '$' ? @"\z" : c.ToString());
        }

        return result.ToString();
    }

    /// <summary>`[]a]` and `[^]a]` differ between the dialects, so the first `]` must be escaped.</summary>
    private static bool OpenClass(StringBuilder result, string pattern, ref int i)
    {
        result.Append('[');
        if (i + 1 < pattern.Length && pattern[i + 1] == '^')
        {
            result.Append('^');
            i++;
        }

        if (i + 1 < pattern.Length && pattern[i + 1] == ']')
            throw new CasbinException($"`{pattern}` begins a class with `]`; write `\\]`");
        return true;
    }

    private static void AppendEscape(StringBuilder result, char c, bool inClass)
    {
        result.Append(c switch
        {
            'd' => inClass ? "0-9" : "[0-9]",
            'w' => inClass ? "A-Za-z0-9_" : "[A-Za-z0-9_]",
            'D' when !inClass => "[^0-9]",
            'W' when !inClass => "[^A-Za-z0-9_]",
            'D' or 'W' or 'A' or 'Z' or 'G' or 'k' or 'p' or 'P' => throw new CasbinException($"`\\{c}` is not the same in every Casbin; write it out"),
            _ => $"\\{c}",
        });
    }
}
