using System.Numerics;

namespace Gateway.Policy.Python;

/// <summary>
/// Reads one Python expression (of the kind that can stand before a colon, so without lambdas, slices and filled mappings) and gives its value
/// where <c>ast.literal_eval</c> would.
/// </summary>
internal sealed class PythonExpression
{
    private const int MaxDepth = 100;

    private readonly List<PythonToken> _tokens;
    private int _at;
    private int _depth;

    public PythonExpression(string source) => _tokens = new PythonTokens(source).Read();

    /// <summary>What the grammar builds. Only what <c>literal_eval</c> and the checks on targets tell apart is kept.</summary>
    private abstract record Node;

    private sealed record Constant(PythonLiteral Value) : Node;

    private sealed record Name(string Text) : Node;

    private sealed record Display(char Open, IReadOnlyList<Node> Items) : Node;

    private sealed record Signed(char Sign, Node Operand) : Node;

    private sealed record Sum(char Sign, Node Left, Node Right) : Node;

    private sealed record EmptySetCall : Node;

    private sealed record Starred(Node Operand) : Node;

    /// <summary>Something that can be assigned to: an attribute or an element.</summary>
    private sealed record Place : Node;

    private sealed record Other : Node;

    /// <summary>The value, or null for valid Python that is no literal.</summary>
    /// <exception cref="PythonExpressionException">SyntaxError, or TypeError for a set of what cannot be hashed.</exception>
    public PythonLiteral? Evaluate()
    {
        var node = Expressions();
        if (Peek.Kind != PythonTokenKind.End) throw Fault();
        return Value(node);
    }

    private PythonToken Peek => _tokens[_at];

    private static PythonExpressionException Fault() => new(Outcome.SyntaxError);

    private bool Is(string text) => Peek.Kind is PythonTokenKind.Operator or PythonTokenKind.Name && Peek.Text == text;

    private bool Take(string text)
    {
        if (!Is(text)) return false;
        _at++;
        return true;
    }

    private void Expect(string text)
    {
        if (!Take(text)) throw Fault();
    }

    private Node Expressions()
    {
        var first = Expression();
        if (!Is(",")) return first;
        var items = new List<Node> { first };
        while (Take(",") && Peek.Kind != PythonTokenKind.End) items.Add(Expression());
        return new Display('(', items);
    }

    private Node Expression()
    {
        if (++_depth > MaxDepth) throw Fault();
        var node = Disjunction();
        if (Take("if"))
        {
            Disjunction();
            Expect("else");
            Expression();
            node = new Other();
        }
        _depth--;
        return node;
    }

    private Node Disjunction()
    {
        var node = Conjunction();
        while (Take("or"))
        {
            Conjunction();
            node = new Other();
        }
        return node;
    }

    private Node Conjunction()
    {
        var node = Inversion();
        while (Take("and"))
        {
            Inversion();
            node = new Other();
        }
        return node;
    }

    private Node Inversion()
    {
        if (!Take("not")) return Comparison();
        if (++_depth > MaxDepth) throw Fault();
        Inversion();
        _depth--;
        return new Other();
    }

    private Node Comparison()
    {
        var node = Binary(0);
        while (TakeComparison())
        {
            Binary(0);
            node = new Other();
        }
        return node;
    }

    private bool TakeComparison()
    {
        if (Take("==") || Take("!=") || Take("<=") || Take("<") || Take(">=") || Take(">") || Take("in")) return true;
        if (Take("is"))
        {
            Take("not");
            return true;
        }
        if (!Is("not")) return false;
        _at++;
        Expect("in");
        return true;
    }

    private static readonly string[][] Levels = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "//", "%", "@"]];

    private Node Binary(int level)
    {
        if (level == Levels.Length) return Factor();
        var node = Binary(level + 1);
        while (Peek.Kind == PythonTokenKind.Operator && Levels[level].Contains(Peek.Text, StringComparer.Ordinal))
        {
            var sign = Peek.Text;
            _at++;
            var right = Binary(level + 1);
            node = sign is "+" or "-" ? new Sum(sign[0], node, right) : new Other();
        }
        return node;
    }

    private Node Factor()
    {
        if (!(Is("+") || Is("-") || Is("~"))) return Power();
        if (++_depth > MaxDepth) throw Fault();
        var sign = Peek.Text[0];
        _at++;
        var operand = Factor();
        _depth--;
        return sign == '~' ? new Other() : new Signed(sign, operand);
    }

    private Node Power()
    {
        var isAwait = Take("await");
        var node = Primary();
        if (isAwait) node = new Other();
        if (!Take("**")) return node;
        Factor();
        return new Other();
    }

    private Node Primary()
    {
        var node = Atom();
        while (true)
        {
            if (Take("."))
            {
                if (Peek.Kind != PythonTokenKind.Name || PythonKind.IsKeyword(Peek.Text)) throw Fault();
                _at++;
                node = new Place();
            }
            else if (Take("("))
            {
                var hasArguments = !Is(")");
                Arguments();
                node = node is Name { Text: "set" } && !hasArguments ? new EmptySetCall() : new Other();
            }
            else if (Take("["))
            {
                if (Is("]")) throw Fault();
                do
                {
                    if (Is("]")) break;
                    StarredOrExpression();
                }
                while (Take(","));
                Expect("]");
                node = new Place();
            }
            else
            {
                return node;
            }
        }
    }

    private void Arguments()
    {
        var count = 0;
        var (hasKeyword, hasMapping, hasGenerator) = (false, false, false);
        while (!Take(")"))
        {
            if (Take("**"))
            {
                Expression();
                hasMapping = true;
            }
            else if (Take("*"))
            {
                if (hasMapping) throw Fault();
                Expression();
            }
            else if (Peek.Kind == PythonTokenKind.Name && _tokens[_at + 1] is { Kind: PythonTokenKind.Operator, Text: "=" })
            {
                if (PythonKind.IsKeyword(Peek.Text)) throw Fault();
                _at += 2;
                Expression();
                hasKeyword = true;
            }
            else
            {
                if (hasKeyword || hasMapping) throw Fault();
                Expression();
                if (Is("for") || Is("async"))
                {
                    Comprehension();
                    hasGenerator = true;
                }
            }
            count++;
            if (Take(","))
            {
                // A generator without brackets of its own stands alone; a comma after it is one too many.
                if (hasGenerator) throw Fault();
                continue;
            }
            if (!Is(")")) throw Fault();
        }
        if (hasGenerator && count > 1) throw Fault();
    }

    private Node StarredOrExpression()
    {
        if (!Take("*")) return Expression();
        return new Starred(Binary(0));
    }

    private Node Atom()
    {
        var token = Peek;
        switch (token.Kind)
        {
            case PythonTokenKind.Number:
                _at++;
                return new Constant(token.Value!);
            case PythonTokenKind.Text:
                return Texts();
            case PythonTokenKind.Name when token.Text is "True" or "False" or "None":
                _at++;
                return new Constant(new LiteralName(token.Text));
            case PythonTokenKind.Name when !PythonKind.IsKeyword(token.Text):
                _at++;
                return new Name(token.Text);
            case PythonTokenKind.Operator when token.Text == "...":
                _at++;
                return new Constant(new LiteralName("Ellipsis"));
            case PythonTokenKind.Operator when token.Text is "(" or "[" or "{":
                _at++;
                return Bracketed(token.Text[0]);
            default:
                throw Fault();
        }
    }

    private Node Texts()
    {
        var isFormat = false;
        bool? isBytes = null;
        var text = new System.Text.StringBuilder();
        while (Peek.Kind == PythonTokenKind.Text)
        {
            var isThisBytes = Peek.Value is LiteralBytes;
            if (isBytes is { } before && before != isThisBytes) throw Fault();
            isBytes = isThisBytes;
            switch (Peek.Value)
            {
                case LiteralBytes bytes: text.Append(bytes.Value); break;
                case LiteralText plain: text.Append(plain.Value); break;
                default: isFormat = true; break;
            }
            _at++;
        }
        if (isFormat) return new Other();
        return new Constant(isBytes == true ? new LiteralBytes(text.ToString()) : new LiteralText(text.ToString()));
    }

    private Node Bracketed(char open)
    {
        if (++_depth > MaxDepth) throw Fault();
        var node = Inside(open, open switch { '(' => ")", '[' => "]", _ => "}" });
        _depth--;
        return node;
    }

    private Node Inside(char open, string close)
    {
        if (Take(close)) return open == '{' ? new Constant(new LiteralEmpty("{}")) : new Display(open, []);
        if (open == '(' && Take("yield"))
        {
            if (Take("from")) Expression();
            else if (!Is(")")) Items(")");
            Expect(")");
            return new Other();
        }
        if (open == '{' && Is("**"))
        {
            do
            {
                if (Is("}")) break;
                Expect("**");
                Binary(0);
            }
            while (Take(","));
            Expect("}");
            return new Other();
        }
        var first = StarredOrExpression();
        if (Is("for") || Is("async"))
        {
            if (first is Starred) throw Fault();
            Comprehension();
            Expect(close);
            return new Other();
        }
        if (open == '(' && Is(")"))
        {
            if (first is Starred) throw Fault();
            _at++;
            return first;
        }
        var items = new List<Node> { first };
        while (Take(",") && !Is(close)) items.Add(StarredOrExpression());
        Expect(close);
        return new Display(open, items);
    }

    private void Items(string close)
    {
        StarredOrExpression();
        while (Take(",") && !Is(close)) StarredOrExpression();
    }

    private void Comprehension()
    {
        do
        {
            Take("async");
            Expect("for");
            if (!IsTarget(Targets())) throw Fault();
            Expect("in");
            Disjunction();
            while (Take("if")) Disjunction();
        }
        while (Is("for") || Is("async"));
    }

    private Node Targets()
    {
        var items = new List<Node>();
        var hasComma = false;
        do
        {
            if (Is("in")) break;
            items.Add(Take("*") ? new Starred(Binary(0)) : Binary(0));
            if (!Is(",")) break;
            hasComma = true;
        }
        while (Take(","));
        if (items.Count == 0) throw Fault();
        return hasComma ? new Display('(', items) : items[0];
    }

    private static bool IsTarget(Node node) => node switch
    {
        Name or Place => true,
        Starred starred => starred.Operand is not Starred && IsTarget(starred.Operand),
        Display { Open: not '{' } display => display.Items.All(IsTarget),
        _ => false,
    };

    /// <summary>What <c>literal_eval</c> makes of it; null where it raises ValueError.</summary>
    private static PythonLiteral? Value(Node node)
    {
        switch (node)
        {
            case Constant constant:
                return constant.Value;
            case EmptySetCall:
                return new LiteralEmpty("set()");
            case Display { Open: '{' } display:
                return Set(display.Items);
            case Display display:
                var items = new List<PythonLiteral>();
                foreach (var item in display.Items)
                {
                    if (Value(item) is not { } value) return null;
                    items.Add(value);
                }
                return new LiteralSequence(display.Open, items);
            case Sum sum when SignedNumber(sum.Left) is LiteralInteger or LiteralFloat && Number(sum.Right) is LiteralComplex right:
                var left = SignedNumber(sum.Left) is LiteralInteger whole ? (double)whole.Value : ((LiteralFloat)SignedNumber(sum.Left)!).Value;
                return sum.Sign == '+'
                    ? new LiteralComplex(left + right.Real, 0.0 + right.Imaginary)
                    : new LiteralComplex(left - right.Real, 0.0 - right.Imaginary);
            default:
                return SignedNumber(node);
        }
    }

    private static LiteralSequence? Set(IReadOnlyList<Node> nodes)
    {
        var items = new List<PythonLiteral>();
        foreach (var node in nodes)
        {
            if (Value(node) is not { } value) return null;
            if (!value.IsHashable) throw new PythonExpressionException(Outcome.TypeError);
            if (!items.Contains(value)) items.Add(value);
        }
        // Python prints larger sets in the order of its hashes, which for texts is another one in every process: nothing to compare with.
        return items.Count == 1 ? new LiteralSequence('{', items) : throw Fault();
    }

    private static PythonLiteral? Number(Node node) => node is Constant { Value: LiteralInteger or LiteralFloat or LiteralComplex } constant ? constant.Value : null;

    private static PythonLiteral? SignedNumber(Node node)
    {
        if (node is not Signed signed) return Number(node);
        if (Number(signed.Operand) is not { } value || signed.Sign == '+') return Number(signed.Operand);
        return value switch
        {
            LiteralInteger whole => new LiteralInteger(BigInteger.Negate(whole.Value)),
            LiteralFloat real => new LiteralFloat(-real.Value),
            LiteralComplex complex => new LiteralComplex(-complex.Real, -complex.Imaginary),
            _ => null,
        };
    }
}
