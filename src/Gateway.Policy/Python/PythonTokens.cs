using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gateway.Policy.Python;

internal enum PythonTokenKind
{
    End,
    Name,
    Number,
    Text,
    Operator,
}

/// <param name="Text">The name, the operator, or the decoded text.</param>
/// <param name="Value">The value of a number or a text; null for an f-string.</param>
internal readonly record struct PythonToken(PythonTokenKind Kind, string Text, PythonLiteral? Value);

/// <summary>Python's tokeniser for one expression: names, numbers, strings with all their prefixes, operators, comments.</summary>
internal sealed class PythonTokens(string source)
{
    private const int MaxDigits = 4300;

    private static readonly string[] Operators =
        ["...", "**=", "//=", ">>=", "<<=", "**", "//", ">>", "<<", "==", "!=", "<=", ">=", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@="];

    private int _at;
    private int _brackets;

    public List<PythonToken> Read()
    {
        var tokens = new List<PythonToken>();
        while (true)
        {
            SkipBlank(tokens.Count == 0);
            if (_at == source.Length) break;
            if (source[_at] is '\n' or '\r')
            {
                // A statement has ended; only blank lines may follow.
                SkipBlank(all: true);
                if (_at < source.Length) throw Fault();
                break;
            }
            tokens.Add(Next());
        }
        tokens.Add(new PythonToken(PythonTokenKind.End, "", null));
        return tokens;
    }

    private static PythonExpressionException Fault() => new(Outcome.SyntaxError);

    private void SkipBlank(bool all)
    {
        while (_at < source.Length)
        {
            var ch = source[_at];
            if (ch is ' ' or '\t' or '\f' || (ch is '\n' or '\r' && (all || _brackets > 0)))
            {
                _at++;
            }
            else if (ch == '#')
            {
                while (_at < source.Length && source[_at] is not ('\n' or '\r')) _at++;
            }
            else if (ch == '\\' && _at + 1 < source.Length && source[_at + 1] is '\n' or '\r')
            {
                _at += source.AsSpan(_at + 1).StartsWith("\r\n") ? 3 : 2;
                if (_at >= source.Length) throw Fault();
            }
            else
            {
                return;
            }
        }
    }

    private PythonToken Next()
    {
        var ch = source[_at];
        if (char.IsAsciiDigit(ch) || (ch == '.' && _at + 1 < source.Length && char.IsAsciiDigit(source[_at + 1]))) return Number();
        if (ch is '"' or '\'') return Quoted("");
        if (IsNameStart(_at)) return Name();
        foreach (var candidate in Operators)
        {
            if (string.CompareOrdinal(source, _at, candidate, 0, candidate.Length) != 0) continue;
            _at += candidate.Length;
            return new PythonToken(PythonTokenKind.Operator, candidate, null);
        }
        if (!"()[]{}.,=+-*/%@&|^~<>;".Contains(ch, StringComparison.Ordinal)) throw Fault();
        if ("([{".Contains(ch, StringComparison.Ordinal) && ++_brackets > 200) throw Fault();
        if (")]}".Contains(ch, StringComparison.Ordinal)) _brackets--;
        _at++;
        return new PythonToken(PythonTokenKind.Operator, ch.ToString(), null);
    }

    private bool IsNameStart(int at) => at < source.Length && (source[at] == '_' || Category(at) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
        or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber);

    private bool IsNamePart(int at) => IsNameStart(at) || (at < source.Length && (source[at] == '\u00b7' || Category(at) is UnicodeCategory.NonSpacingMark
        or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation));

    private UnicodeCategory Category(int at) => CharUnicodeInfo.GetUnicodeCategory(source, at);

    private PythonToken Name()
    {
        var start = _at;
        while (IsNamePart(_at)) _at += char.IsHighSurrogate(source[_at]) ? 2 : 1;
        var name = source[start.._at];
        return _at < source.Length && source[_at] is '"' or '\'' && name.ToLowerInvariant() is "r" or "u" or "b" or "f" or "br" or "rb" or "fr" or "rf"
            ? Quoted(name.ToLowerInvariant())
            : new PythonToken(PythonTokenKind.Name, name, null);
    }

    private PythonToken Number()
    {
        var start = _at;
        PythonLiteral value;
        if (source[_at] == '0' && _at + 1 < source.Length && "xXoObB".Contains(source[_at + 1], StringComparison.Ordinal))
        {
            var number = char.ToLowerInvariant(source[_at + 1]) switch { 'x' => 16, 'o' => 8, _ => 2 };
            _at += 2;
            value = new LiteralInteger(Digits(number));
            EndOfNumber();
            // `0b12`, `0o8`: a digit the base does not have.
            if (_at < source.Length && char.IsAsciiDigit(source[_at])) throw Fault();
            return new PythonToken(PythonTokenKind.Number, source[start.._at], value);
        }
        var isFloat = false;
        if (source[_at] != '.') SkipDigits();
        if (_at < source.Length && source[_at] == '.')
        {
            isFloat = true;
            _at++;
            if (_at < source.Length && char.IsAsciiDigit(source[_at])) SkipDigits();
        }
        if (_at < source.Length && source[_at] is 'e' or 'E' && HasExponent())
        {
            isFloat = true;
            _at += source[_at + 1] is '+' or '-' ? 2 : 1;
            SkipDigits();
        }
        var text = source[start.._at].Replace("_", "", StringComparison.Ordinal);
        if (_at < source.Length && source[_at] is 'j' or 'J')
        {
            _at++;
            value = new LiteralComplex(0, double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        else if (isFloat)
        {
            value = new LiteralFloat(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        else
        {
            if (text.Length > MaxDigits || (text[0] == '0' && text.AsSpan().Trim('0').Length > 0)) throw Fault();
            value = new LiteralInteger(BigInteger.Parse(text, CultureInfo.InvariantCulture));
        }
        EndOfNumber();
        return new PythonToken(PythonTokenKind.Number, text, value);
    }

    private bool HasExponent()
    {
        var at = _at + 1;
        if (at < source.Length && source[at] is '+' or '-') at++;
        return at < source.Length && char.IsAsciiDigit(source[at]);
    }

    private void SkipDigits()
    {
        while (_at < source.Length && (char.IsAsciiDigit(source[_at]) || source[_at] == '_'))
        {
            if (source[_at] == '_' && !(_at + 1 < source.Length && char.IsAsciiDigit(source[_at + 1]))) throw Fault();
            _at++;
        }
    }

    private BigInteger Digits(int number)
    {
        var value = BigInteger.Zero;
        var any = false;
        while (_at < source.Length)
        {
            var at = source[_at] == '_' ? _at + 1 : _at;
            if (at >= source.Length || !char.IsAsciiHexDigit(source[at]) || Convert.ToInt32(source[at].ToString(), 16) >= number)
            {
                if (at != _at) throw Fault();
                break;
            }
            value = (value * number) + Convert.ToInt32(source[at].ToString(), 16);
            any = true;
            _at = at + 1;
        }
        return any ? value : throw Fault();
    }

    // A number may be followed by a keyword without a blank (`1if`), but by no other name.
    private void EndOfNumber()
    {
        if (!IsNamePart(_at) || char.IsAsciiDigit(source[_at])) return;
        var rest = source.AsSpan(_at);
        foreach (var keyword in (ReadOnlySpan<string>)["and", "else", "for", "if", "in", "is", "or", "not"])
        {
            if (rest.StartsWith(keyword)) return;
        }
        throw Fault();
    }

    private PythonToken Quoted(string prefix)
    {
        var quote = source[_at];
        var isTriple = _at + 2 < source.Length && source[_at + 1] == quote && source[_at + 2] == quote;
        var length = isTriple ? 3 : 1;
        var start = _at + length;
        var end = start;
        while (true)
        {
            if (end >= source.Length || (!isTriple && source[end] is '\n' or '\r')) throw Fault();
            if (source[end] == '\\')
            {
                end += 2;
                continue;
            }
            if (source[end] == quote && (!isTriple || (end + 2 < source.Length && source[end + 1] == quote && source[end + 2] == quote))) break;
            end++;
        }
        _at = end + length;
        var body = source[start..end].ReplaceLineEndings("\n");
        if (prefix.Contains('f'))
        {
            CheckPlaceholders(body, prefix.Contains('r'));
            return new PythonToken(PythonTokenKind.Text, "f", null);
        }
        if (prefix.Contains('b'))
        {
            if (!Ascii.IsValid(body)) throw Fault();
            return new PythonToken(PythonTokenKind.Text, "b", new LiteralBytes(prefix.Contains('r') ? body : Unescape(body, isBytes: true)));
        }
        return new PythonToken(PythonTokenKind.Text, "", new LiteralText(prefix.Contains('r') ? body : Unescape(body, isBytes: false)));
    }

    private static string Unescape(string body, bool isBytes)
    {
        if (!body.Contains('\\')) return body;
        var output = new StringBuilder();
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\')
            {
                output.Append(body[i]);
                continue;
            }
            var ch = body[++i];
            switch (ch)
            {
                case '\n': break;
                case '\\' or '\'' or '"': output.Append(ch); break;
                case 'a': output.Append('\a'); break;
                case 'b': output.Append('\b'); break;
                case 'f': output.Append('\f'); break;
                case 'n': output.Append('\n'); break;
                case 'r': output.Append('\r'); break;
                case 't': output.Append('\t'); break;
                case 'v': output.Append('\v'); break;
                case >= '0' and <= '7':
                    var octal = 0;
                    var stop = Math.Min(body.Length, i + 3);
                    for (; i < stop && body[i] is >= '0' and <= '7'; i++) octal = (octal * 8) + (body[i] - '0');
                    i--;
                    output.Append((char)(isBytes ? octal & 0xff : octal));
                    break;
                case 'x':
                    PythonText.AppendRune(output, Hex(body, ref i, 2));
                    break;
                case 'u' when !isBytes:
                    PythonText.AppendRune(output, Hex(body, ref i, 4));
                    break;
                case 'U' when !isBytes:
                    var rune = Hex(body, ref i, 8);
                    if (rune is < 0 or > 0x10ffff) throw Fault();
                    PythonText.AppendRune(output, rune);
                    break;
                case 'N' when !isBytes:
                    // A character by its Unicode name: no policy has one, and the names are a table of megabytes.
                    throw Fault();
                default:
                    output.Append('\\').Append(ch);
                    break;
            }
        }
        return output.ToString();
    }

    private static int Hex(string body, ref int at, int count)
    {
        if (at + count >= body.Length || !int.TryParse(body.AsSpan(at + 1, count), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)) throw Fault();
        at += count;
        return value;
    }

    // An f-string is valid Python or not, and never a literal.
    private static void CheckPlaceholders(string body, bool isRaw)
    {
        if (!isRaw) _ = Unescape(body, isBytes: false);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] == '}')
            {
                if (i + 1 >= body.Length || body[++i] != '}') throw Fault();
                continue;
            }
            if (body[i] != '{') continue;
            if (i + 1 < body.Length && body[i + 1] == '{')
            {
                i++;
                continue;
            }
            var end = PlaceholderEnd(body, i + 1);
            var expression = body[(i + 1)..end].TrimEnd();
            if (expression.Length > 1 && expression[^2] == '!' && expression[^1] is 's' or 'r' or 'a') expression = expression[..^2].TrimEnd();
            if (expression.EndsWith('=') && !expression.EndsWith("==", StringComparison.Ordinal)) expression = expression[..^1];
            if (expression.Contains('\\') || expression.Contains('#') || expression.Trim().Length == 0) throw Fault();
            _ = new PythonExpression("(" + expression + ")").Evaluate();
            i = end;
        }
    }

    private static int PlaceholderEnd(string body, int at)
    {
        var depth = 0;
        var quote = '\0';
        for (; at < body.Length; at++)
        {
            var ch = body[at];
            if (quote != '\0')
            {
                if (ch == quote) quote = '\0';
            }
            else if (ch is '\'' or '"') quote = ch;
            else if ("([{".Contains(ch, StringComparison.Ordinal)) depth++;
            else if (ch == '}' && depth == 0) return at;
            else if (")]}".Contains(ch, StringComparison.Ordinal)) depth--;
        }
        throw Fault();
    }
}
