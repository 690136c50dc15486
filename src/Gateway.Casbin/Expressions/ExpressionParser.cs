using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>
/// Parses the subset of the expression languages that Casbin's implementations share. From loosest to tightest:
/// `||`, `&amp;&amp;`, comparisons and `in`, `+ -`, `* / %`, `! -`, attribute access (`.name` or `['name']`).
/// </summary>
internal sealed class ExpressionParser
{
    private const int DeepestNesting = 200;

    private readonly SourceText _source;
    private readonly List<Token> _tokens;
    private int _position;
    private int _depth;

    private ExpressionParser(SourceText source)
    {
        _source = source;
        _tokens = ExpressionLexer.Split(source);
    }

    private Token Current => _tokens[_position];

    public static Syntax Parse(SourceText source)
    {
        var parser = new ExpressionParser(source);
        if (parser.Current.Kind == TokenKind.End)
            throw CasbinException.At(source.PlaceOf(0), "an expression is missing; `true` and `false` are expressions");
        var root = parser.ParseOr();
        return parser.Current.Kind == TokenKind.End ? root : throw parser.Unexpected("the end of the expression");
    }

    private Syntax ParseOr() => ParseChain("||", isAnd: false, static parser => parser.ParseAnd());

    private Syntax ParseAnd() => ParseChain("&&", isAnd: true, static parser => parser.ParseComparison());

    private Syntax ParseChain(string sign, bool isAnd, Func<ExpressionParser, Syntax> parseOperand)
    {
        var first = parseOperand(this);
        if (!Current.Is(sign))
            return first;
        var operands = ImmutableArray.CreateBuilder<Syntax>();
        Append(first);
        while (Take(sign))
            Append(parseOperand(this));
        return new LogicalSyntax(first.Offset, isAnd, operands.ToImmutable());

        void Append(Syntax operand)
        {
            if (operand is LogicalSyntax same && same.IsAnd == isAnd)
                operands.AddRange(same.Operands);
            else
                operands.Add(operand);
        }
    }

    private Syntax ParseComparison()
    {
        var left = ParseSum();
        var token = Current;
        if (token is { Kind: TokenKind.Name, Text: "in" })
        {
            _position++;
            left = new InSyntax(token.Offset, left, ParseList());
        }
        else if (ComparisonOf(token) is { } comparison)
        {
            _position++;
            left = new BinarySyntax(token.Offset, comparison, left, ParseSum());
        }

        if (ComparisonOf(Current) is not null || Current is { Kind: TokenKind.Name, Text: "in" })
            throw CasbinException.At(_source.PlaceOf(Current.Offset), $"`{Current.Text}` follows another comparison; join them with `&&`");
        return left;
    }

    private static BinaryOperator? ComparisonOf(Token token) => token.Kind != TokenKind.Sign ? null : token.Text switch
    {
        "==" => BinaryOperator.Equal,
        "!=" => BinaryOperator.NotEqual,
        "<" => BinaryOperator.Less,
        "<=" => BinaryOperator.LessOrEqual,
        ">" => BinaryOperator.Greater,
        ">=" => BinaryOperator.GreaterOrEqual,
        _ => null,
    };

    private ImmutableArray<Syntax> ParseList()
    {
        if (Take("("))
            return ParseArguments(")");
        if (Take("["))
            return ParseArguments("]");
        return [ParseSum()];
    }

    private Syntax ParseSum()
    {
        var left = ParseProduct();
        var links = 0;
        while (Current.Is("+") || Current.Is("-"))
        {
            var token = _tokens[_position++];
            CheckDepth(++links);
            left = new BinarySyntax(token.Offset, token.Text == "+" ? BinaryOperator.Add : BinaryOperator.Subtract, left, ParseProduct());
        }

        return left;
    }

    private Syntax ParseProduct()
    {
        var left = ParsePrefix();
        var links = 0;
        while (Current.Is("*") || Current.Is("/") || Current.Is("%"))
        {
            var token = _tokens[_position++];
            CheckDepth(++links);
            var operation = token.Text switch
            {
                "*" => BinaryOperator.Multiply,
                "/" => BinaryOperator.Divide,
                _ => BinaryOperator.Remainder,
            };
            left = new BinarySyntax(token.Offset, operation, left, ParsePrefix());
        }

        return left;
    }

    private Syntax ParsePrefix()
    {
        CheckDepth(++_depth);
        var token = Current;
        Syntax result;
        if (Take("!"))
            result = new NotSyntax(token.Offset, ParsePrefix());
        else if (Take("-"))
            result = new NegateSyntax(token.Offset, ParsePrefix());
        else
            result = ParseMembers();
        _depth--;
        return result;
    }

    /// <summary>Later passes recurse over the tree, so its depth is bounded here.</summary>
    private void CheckDepth(int depth)
    {
        if (depth > DeepestNesting)
            throw CasbinException.At(_source.PlaceOf(Current.Offset), $"nested more than {DeepestNesting} deep; split the expression");
    }

    private Syntax ParseMembers()
    {
        var target = ParsePrimary();
        var links = 0;
        while (Current.Is(".") || Current.Is("["))
        {
            CheckDepth(++links);
            if (Take("."))
            {
                var name = TakeName("an attribute's name");
                target = new MemberSyntax(name.Offset, target, name.Text);
                if (Current.Is("("))
                    throw CasbinException.At(_source.PlaceOf(name.Offset), $"`{name.Text}(` calls a method of a value; add a function and call that");
                continue;
            }

            Expect("[");
            var key = Current;
            if (key.Kind != TokenKind.Text)
                throw Unexpected("an attribute's name in quotes");
            _position++;
            target = new MemberSyntax(key.Offset, target, key.Text);
            Expect("]");
        }

        return target;
    }

    private Syntax ParsePrimary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TokenKind.Number:
                _position++;
                return new LiteralSyntax(token.Offset, token.Number);
            case TokenKind.Text:
                _position++;
                return new LiteralSyntax(token.Offset, token.Text);
            case TokenKind.Name when token.Text != "in":
                _position++;
                return ParseNamed(token);
            case TokenKind.Sign when token.Text == "(":
                _position++;
                var inner = ParseOr();
                Expect(")");
                return inner;
            default:
                throw Unexpected("a value");
        }
    }

    private Syntax ParseNamed(Token name)
    {
        if (Take("("))
            return new CallSyntax(name.Offset, name.Text, ParseArguments(")"));
        if (name.Text is "true" or "false")
            return new LiteralSyntax(name.Offset, name.Text == "true");
        if (IsDefinition(name.Text))
        {
            if (!Take("."))
                throw CasbinException.At(_source.PlaceOf(name.Offset), $"`{name.Text}` stands alone; name a field, such as `{name.Text}.{(name.Text[0] == 'r' ? "sub" : "act")}`");
            return new FieldSyntax(name.Offset, name.Text, TakeName("a field's name").Text);
        }

        // `r_sub` is what Casbin itself rewrites `r.sub` to, and it is seen in model files.
        var underscore = name.Text.IndexOf('_', StringComparison.Ordinal);
        if (underscore > 0 && underscore < name.Text.Length - 1 && IsDefinition(name.Text[..underscore]))
            return new FieldSyntax(name.Offset, name.Text[..underscore], name.Text[(underscore + 1)..]);
        throw CasbinException.At(_source.PlaceOf(name.Offset), $"unknown name `{name.Text}`; put quotes around text, and `r.` or `p.` before a field");
    }

    private static bool IsDefinition(string name) => name[0] is 'r' or 'p' && name.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

    private ImmutableArray<Syntax> ParseArguments(string closing)
    {
        if (Take(closing))
            return [];
        var arguments = ImmutableArray.CreateBuilder<Syntax>();
        do
            arguments.Add(ParseOr());
        while (Take(","));
        Expect(closing);
        return arguments.ToImmutable();
    }

    private bool Take(string sign)
    {
        if (!Current.Is(sign))
            return false;
        _position++;
        return true;
    }

    private void Expect(string sign)
    {
        if (!Take(sign))
            throw Unexpected($"`{sign}`");
    }

    private Token TakeName(string what)
    {
        var token = Current;
        if (token.Kind != TokenKind.Name)
            throw Unexpected(what);
        _position++;
        return token;
    }

    private CasbinException Unexpected(string wanted) => CasbinException.At(
        _source.PlaceOf(Current.Offset),
        Current.Kind == TokenKind.End ? $"the expression ends where {wanted} is expected" : $"`{_source.Text[Current.Offset..(Current.Offset + Math.Max(1, Current.Text.Length))]}` where {wanted} is expected");
}
