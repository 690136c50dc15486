namespace Gateway.Policy.Language;

internal enum TokenKind
{
    Open,
    Close,
    And,
    Or,
    Not,
    Check,
    Text,

    // Not tokens but what the parser reduces to: a growing conjunction, a growing disjunction.
    All,
    Any,
}

internal readonly record struct Token(TokenKind Kind, string Text, int Offset);

/// <summary>Splits a rule at white space and takes parentheses off the ends of each piece; inside a piece they belong to it.</summary>
internal static class RuleTokenizer
{
    public static IEnumerable<Token> Tokenize(string rule)
    {
        var at = 0;
        while (at < rule.Length)
        {
            while (at < rule.Length && IsSpace(rule[at])) at++;
            var end = at;
            while (end < rule.Length && !IsSpace(rule[end])) end++;
            if (end == at) yield break;

            var start = at;
            at = end;
            for (; start < end && rule[start] == '('; start++) yield return new Token(TokenKind.Open, "(", start);
            if (start == end) continue;
            var last = end;
            while (last > start && rule[last - 1] == ')') last--;
            if (last > start) yield return Piece(rule, start, last, end);
            for (; last < end; last++) yield return new Token(TokenKind.Close, ")", last);
        }
    }

    private static Token Piece(string rule, int start, int last, int end)
    {
        var clean = rule[start..last];
        if (clean.Equals("and", StringComparison.OrdinalIgnoreCase)) return new Token(TokenKind.And, clean, start);
        if (clean.Equals("or", StringComparison.OrdinalIgnoreCase)) return new Token(TokenKind.Or, clean, start);
        if (clean.Equals("not", StringComparison.OrdinalIgnoreCase)) return new Token(TokenKind.Not, clean, start);
        // Quotes are looked for with the closing parentheses still on: `('a')` is an atom, `'a'` is a string.
        var quoted = end - start >= 2 && rule[start] is '"' or '\'';
        return quoted && rule[start] == rule[end - 1] ? new Token(TokenKind.Text, rule[start..end], start) : new Token(TokenKind.Check, clean, start);
    }

    /// <summary>Python's <c>\s</c>, which unlike .NET's takes the four information separators in.</summary>
    public static bool IsSpace(char ch) => char.IsWhiteSpace(ch) || ch is >= '\u001c' and <= '\u001f';
}
