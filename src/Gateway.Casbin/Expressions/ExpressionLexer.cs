using System.Globalization;
using System.Text;

namespace Gateway.Casbin;

internal enum TokenKind
{
    End,
    Name,
    Text,
    Number,
    Sign,
}

internal readonly record struct Token(TokenKind Kind, int Offset, string Text, double Number = 0)
{
    public bool Is(string sign) => Kind == TokenKind.Sign && Text == sign;
}

/// <summary>Splits a matcher into names, literals and signs.</summary>
internal static class ExpressionLexer
{
    private static readonly string[] Signs =
        ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", "."];

    public static bool IsName(string text) =>
        text.Length > 0 && IsNameStart(text[0]) && text.All(IsNamePart);

    public static List<Token> Split(SourceText source)
    {
        var text = source.Text;
        var tokens = new List<Token>();
        var i = 0;
        while (true)
        {
            while (i < text.Length && char.IsWhiteSpace(text[i]))
                i++;
            if (i == text.Length)
            {
                tokens.Add(new Token(TokenKind.End, i, ""));
                return tokens;
            }

            var start = i;
            if (IsNameStart(text[i]))
            {
                while (i < text.Length && IsNamePart(text[i]))
                    i++;
                tokens.Add(new Token(TokenKind.Name, start, text[start..i]));
            }
            else if (char.IsAsciiDigit(text[i]))
            {
                tokens.Add(ReadNumber(source, ref i));
            }
            else if (text[i] is '\'' or '"')
            {
                tokens.Add(ReadText(source, ref i));
            }
            else
            {
                var sign = Array.Find(Signs, candidate => text.AsSpan(start).StartsWith(candidate, StringComparison.Ordinal))
                    ?? throw CasbinException.At(source.PlaceOf(start), $"unexpected `{text[start]}`{Hint(text[start])}");
                i += sign.Length;
                tokens.Add(new Token(TokenKind.Sign, start, sign));
            }
        }
    }

    private static string Hint(char c) => c switch
    {
        '&' => "; write `&&`",
        '|' => "; write `||`",
        '=' => "; write `==`",
        '?' or ':' => "; write a condition with `&&` and `||`",
        _ => "",
    };

    private static Token ReadNumber(SourceText source, ref int i)
    {
        var text = source.Text;
        var start = i;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
            i++;
        if (i + 1 < text.Length && text[i] == '.' && char.IsAsciiDigit(text[i + 1]))
        {
            i++;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
                i++;
        }

        if (i < text.Length && IsNameStart(text[i]))
            throw CasbinException.At(source.PlaceOf(start), $"`{text[start..(i + 1)]}` is neither a number nor a name");
        return new Token(TokenKind.Number, start, text[start..i], double.Parse(text.AsSpan(start, i - start), CultureInfo.InvariantCulture));
    }

    private static Token ReadText(SourceText source, ref int i)
    {
        var text = source.Text;
        var start = i;
        var quote = text[i++];
        var value = new StringBuilder();
        for (; i < text.Length; i++)
        {
            if (text[i] == quote)
            {
                i++;
                return new Token(TokenKind.Text, start, value.ToString());
            }

            if (text[i] != '\\')
            {
                value.Append(text[i]);
                continue;
            }

            i++;
            value.Append(i == text.Length ? throw Unclosed() : text[i] switch
            {
                '\\' or '\'' or '"' => text[i],
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\b',
                'f' => '\f',
                'v' => '\v',
                // The Casbins disagree about these: some drop the backslash, some keep it.
                var other => throw CasbinException.At(source.PlaceOf(i - 1), $"unknown escape `\\{other}`; write `\\\\{other}` for a backslash and `{other}`"),
            });
        }

        throw Unclosed();

        CasbinException Unclosed() => CasbinException.At(source.PlaceOf(start), $"the text that begins here is not closed; end it with `{quote}`");
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
