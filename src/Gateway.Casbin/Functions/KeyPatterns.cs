using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Gateway.Casbin;

/// <summary>
/// Turns the patterns of Casbin's built-in functions into <see cref="KeyPattern"/>s. As everywhere in Casbin, a pattern of
/// keyMatch2 to keyMatch5 is a regular expression once its parameters are replaced: `/foo.bar` matches `/fooXbar`.
/// </summary>
internal static partial class KeyPatterns
{
    public static KeyPattern KeyMatch(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        return star < 0 ? new LiteralPattern(pattern) : new PrefixPattern(pattern[..star]);
    }

    /// <summary>`/:name` is one path segment, `/*` the rest of the path.</summary>
    public static KeyPattern KeyMatch2(string pattern)
    {
        var expanded = Expand(pattern, "/:", ColonParameter, "[^/]+");
        return Anchored(expanded == "*" ? "(.*)" : expanded);
    }

    /// <summary>`/{name}` is one path segment, `/*` the rest of the path.</summary>
    public static KeyPattern KeyMatch3(string pattern) => Anchored(Expand(pattern, "/{", BraceParameter, "[^/]+"));

    /// <summary>As <see cref="KeyMatch3"/>; a name used twice stands for the same text twice.</summary>
    public static KeyPattern KeyMatch4(string pattern)
    {
        var names = Braces().Matches(pattern).Select(match => match.Value).ToImmutableArray();
        var regex = PatternRegex.Create($"^{Expand(pattern, "/{", BraceParameter, "([^/]+)")}$");
        if (regex.GetGroupNumbers().Length - 1 != names.Length)
            throw new CasbinException($"`{pattern}` has groups beside its parameters, which keyMatch4 cannot tell apart; write `(?:...)`");
        return new RepeatedParameterPattern(regex, names);
    }

    /// <summary>As <see cref="KeyMatch3"/> without the key's `?query`.</summary>
    public static KeyPattern KeyMatch5(string pattern) => new WithoutQueryPattern(KeyMatch3(pattern));

    /// <summary>Only a parameter that fills its segment has a value; whether the key matches at all is <see cref="KeyMatch2"/>'s to say.</summary>
    public static KeyPattern KeyGet2(string pattern) => Parameters(
        KeyMatch2(pattern), pattern, Colons(), (expression, parameter) => parameter.Index > 0 && expression[parameter.Index - 1] == '/');

    public static KeyPattern KeyGet3(string pattern) => Parameters(null, pattern, Braces(), static (_, _) => true);

    public static KeyPattern RegexMatch(string pattern) =>
        PatternRegex.IsPlain(pattern) ? new ContainedPattern(pattern) : new RegexPattern(PatternRegex.Create(pattern));

    private static KeyPattern Anchored(string expression) =>
        PatternRegex.IsPlain(expression) ? new LiteralPattern(expression) : new RegexPattern(PatternRegex.Create($"^{expression}$"));

    private static ParameterPattern Parameters(KeyPattern? condition, string pattern, Regex parameter, Func<string, Match, bool> hasValue)
    {
        var expression = pattern.Replace("/*", "/.*", StringComparison.Ordinal);
        var names = parameter.Matches(expression)
            .Where(match => hasValue(expression, match))
            .Select(match => match.Value.Trim(':', '{', '}'))
            .ToImmutableArray();
        var regex = PatternRegex.Create($"^{parameter.Replace(expression, match => hasValue(expression, match) ? "([^/]+)" : "[^/]+")}$");
        if (regex.GetGroupNumbers().Length - 1 != names.Length)
            throw new CasbinException($"`{pattern}` has groups beside its parameters; write `(?:...)`");
        return new ParameterPattern(condition, regex, names);
    }

    /// <summary>
    /// Replaces the last parameter, again and again, as long as one follows a slash. This is how the other Casbins do it, and it
    /// decides what happens to a parameter in the middle of a segment.
    /// </summary>
    private static string Expand(string pattern, string marker, ParameterFinder last, string replacement)
    {
        var expression = pattern.Replace("/*", "/.*", StringComparison.Ordinal);
        while (expression.Contains(marker, StringComparison.Ordinal))
        {
            var (start, end) = last(expression);
            if (start < 0)
                throw new CasbinException($"`{pattern}` has a `{marker}` that names no parameter; write a name after it");
            expression = string.Concat(expression.AsSpan(0, start), replacement, expression.AsSpan(end));
        }

        return expression;
    }

    private delegate (int Start, int End) ParameterFinder(string expression);

    /// <summary>The last colon followed by at least one character other than a slash, up to the next slash.</summary>
    private static (int Start, int End) ColonParameter(string expression)
    {
        for (var colon = expression.LastIndexOf(':'); colon >= 0; colon = colon == 0 ? -1 : expression.LastIndexOf(':', colon - 1))
        {
            if (colon + 1 == expression.Length || expression[colon + 1] == '/')
                continue;
            var slash = expression.IndexOf('/', colon);
            return (colon, slash < 0 ? expression.Length : slash);
        }

        return (-1, -1);
    }

    /// <summary>The last opening brace whose segment holds a closing brace, with at least one character between.</summary>
    private static (int Start, int End) BraceParameter(string expression)
    {
        for (var open = expression.LastIndexOf('{'); open >= 0; open = open == 0 ? -1 : expression.LastIndexOf('{', open - 1))
        {
            var slash = expression.IndexOf('/', open);
            var close = expression.LastIndexOf('}', (slash < 0 ? expression.Length : slash) - 1);
            if (close > open + 1)
                return (open, close + 1);
        }

        return (-1, -1);
    }

    [GeneratedRegex(@":[^/]+", RegexOptions.None, 1000)]
    private static partial Regex Colons();

    [GeneratedRegex(@"\{[^/{}]+\}", RegexOptions.None, 1000)]
    private static partial Regex Braces();
}
