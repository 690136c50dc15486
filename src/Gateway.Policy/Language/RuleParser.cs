namespace Gateway.Policy.Language;

/// <summary>
/// Reads rule values: texts, the old lists of lists, and whatever else a file can hold in their place. The original's
/// shift-reduce parser is followed step by step, because its greedy reductions are what gives <c>A or B and C</c> its shape.
/// </summary>
internal sealed class RuleParser
{
    /// <summary>Deeper rules are refused as malformed; the original's own limit (Python's stack) is of the same order.</summary>
    public const int MaxDepth = 256;

    /// <summary>Without Nova's <c>is_admin</c> check, <c>is_admin:X</c> is an ordinary attribute.</summary>
    public static RuleParser Generic { get; } = new(novaAdminFlag: false);

    /// <summary>With Nova's <c>is_admin</c> check.</summary>
    public static RuleParser Nova { get; } = new(novaAdminFlag: true);

    private readonly bool _novaAdminFlag;

    private RuleParser(bool novaAdminFlag) => _novaAdminFlag = novaAdminFlag;

    /// <summary>Reads any value; null where the original refuses the whole file (TypeError): <c>true</c>, numbers but zero, and their like.</summary>
    public Check? ParseValue(object? value)
    {
        if (value is string text) return ParseText(text);
        if (!Python.PythonText.IsTrue(value)) return new ConstantCheck(true, ConstantOrigin.Empty) { Text = Python.PythonText.Repr(value) };
        return Elements(value) is { } elements ? ParseList(elements) : null;
    }

    public Check ParseText(string text)
    {
        if (text.Length == 0) return new ConstantCheck(true, ConstantOrigin.Empty);
        var state = new ParseState();
        foreach (var token in RuleTokenizer.Tokenize(text))
        {
            state.Shift(token.Kind, token.Kind == TokenKind.Check ? new Node(ParseAtom(token.Text, token.Offset)) : new Node(token));
            if (state.TooDeep)
            {
                return new ConstantCheck(false, ConstantOrigin.Malformed) { Text = text, Fault = $"more than {MaxDepth} levels deep", Offset = token.Offset };
            }
        }
        return state.Result(text);
    }

    /// <summary>Reads one atom: <c>@</c>, <c>!</c> or <c>KIND:MATCH</c>.</summary>
    public Check ParseAtom(string text, int offset = -1)
    {
        if (text == "!") return new ConstantCheck(false, ConstantOrigin.Written) { Offset = offset };
        if (text == "@") return new ConstantCheck(true, ConstantOrigin.Written) { Offset = offset };
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return new ConstantCheck(false, ConstantOrigin.Malformed) { Text = text, Fault = $"`{text}` has no colon", Offset = offset };
        }
        var kind = text[..colon];
        var match = text[(colon + 1)..];
        var type = kind switch
        {
            "rule" => AtomKind.Rule,
            "role" => AtomKind.Role,
            "http" or "https" => AtomKind.Remote,
            "is_admin" when _novaAdminFlag => AtomKind.AdminFlag,
            _ => AtomKind.Attribute,
        };
        if (type == AtomKind.AdminFlag) match = match.Equals("true", StringComparison.OrdinalIgnoreCase) ? "True" : "False";
        return new AtomCheck(type, kind, match) { Offset = offset };
    }

    private Check? ParseList(IEnumerable<object?> outer)
    {
        var alternatives = new List<Check>();
        foreach (var inner in outer)
        {
            if (!Python.PythonText.IsTrue(inner)) continue;
            var elements = inner is string ? [inner] : Elements(inner);
            if (elements is null) return null;
            var conjunction = elements.Select(ListAtom).ToList();
            alternatives.Add(conjunction.Count == 1 ? conjunction[0] : new JunctionCheck(true, conjunction));
        }
        return alternatives.Count switch
        {
            0 => new ConstantCheck(false, ConstantOrigin.NothingLeft),
            1 => alternatives[0],
            _ => new JunctionCheck(false, alternatives),
        };
    }

    private Check ListAtom(object? value) => value is string text
        ? ParseAtom(text)
        : new ConstantCheck(false, ConstantOrigin.Malformed)
        {
            Text = Python.PythonText.Repr(value),
            Fault = $"`{Python.PythonText.Repr(value)}` is not a text",
        };

    /// <summary>What Python iterates: a list's elements, a mapping's keys, a text's characters; null for what cannot be iterated.</summary>
    private static IEnumerable<object?>? Elements(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map => map.Keys,
        IReadOnlyList<object?> list => list,
        _ => null,
    };

    /// <summary>A value on the parse stack: a check, a list still growing, or a bare token.</summary>
    private readonly record struct Node(Check? Check, List<Check>? Growing, Token Token)
    {
        public Node(Check check)
            : this(check, null, default)
        {
        }

        public Node(Token token)
            : this(null, null, token)
        {
        }

        public Node(List<Check> growing)
            : this(null, growing, default)
        {
        }
    }

    private sealed class ParseState
    {
        private readonly List<TokenKind> _tokens = [];
        private readonly List<Node> _values = [];

        public bool TooDeep { get; private set; }

        public void Shift(TokenKind kind, Node value)
        {
            _tokens.Add(kind);
            _values.Add(value);
            while (!TooDeep && Reduce())
            {
            }
        }

        public Check Result(string text)
        {
            if (_values.Count != 1)
            {
                return new ConstantCheck(false, ConstantOrigin.Malformed) { Text = text, Fault = Fault(), Offset = FaultOffset() };
            }
            return _tokens[0] is TokenKind.Check or TokenKind.All or TokenKind.Any ? Finish(_tokens[0], _values[0]) : new StrayTokenCheck(_values[0].Token.Text);
        }

        private string Fault()
        {
            if (_values.Count == 0) return "nothing but white space";
            var at = FirstStray();
            return at < 0 ? "two checks without `and` or `or` between them" : $"`{_values[at].Token.Text}` is out of place";
        }

        private int FaultOffset() => FirstStray() is >= 0 and var at ? _values[at].Token.Offset : _values.Count > 1 ? _values[1].Check?.Offset ?? -1 : -1;

        private int FirstStray() => _tokens.FindIndex(token => token is not (TokenKind.Check or TokenKind.All or TokenKind.Any));

        // In the original's order of reductions; on one stack at most one of them applies.
        private bool Reduce()
        {
            var n = _tokens.Count;
            var last = _tokens[n - 1];
            if (last == TokenKind.Close && n >= 3 && _tokens[n - 3] == TokenKind.Open && _tokens[n - 2] is TokenKind.Check or TokenKind.All or TokenKind.Any)
            {
                return Replace(3, TokenKind.Check, new Node(Finish(_tokens[n - 2], _values[n - 2])));
            }
            if (last != TokenKind.Check) return false;
            var check = _values[n - 1].Check!;
            if (n >= 3 && _tokens[n - 2] == TokenKind.And)
            {
                switch (_tokens[n - 3])
                {
                    case TokenKind.Check:
                        return Replace(3, TokenKind.All, new Node([_values[n - 3].Check!, check]));
                    case TokenKind.Any:
                        return BindToLastAlternative(_values[n - 3].Growing!, check);
                    case TokenKind.All:
                        _values[n - 3].Growing!.Add(check);
                        return Replace(3, TokenKind.All, _values[n - 3]);
                }
            }
            if (n >= 3 && _tokens[n - 2] == TokenKind.Or)
            {
                switch (_tokens[n - 3])
                {
                    case TokenKind.Check or TokenKind.All:
                        return Replace(3, TokenKind.Any, new Node([Finish(_tokens[n - 3], _values[n - 3]), check]));
                    case TokenKind.Any:
                        _values[n - 3].Growing!.Add(check);
                        return Replace(3, TokenKind.Any, _values[n - 3]);
                }
            }
            if (n >= 2 && _tokens[n - 2] == TokenKind.Not)
            {
                return Replace(2, TokenKind.Check, new Node(new NotCheck(check) { Offset = _values[n - 2].Token.Offset }));
            }
            return false;
        }

        // `A or B and C`: the conjunction takes the last alternative, also one that stood in parentheses.
        private bool BindToLastAlternative(List<Check> alternatives, Check check)
        {
            var last = alternatives[^1];
            alternatives[^1] = last is JunctionCheck { IsAll: true } all
                ? all.With(check)
                : new JunctionCheck(true, [last, check]) { Offset = last.Offset };
            return Replace(3, TokenKind.Any, new Node(alternatives));
        }

        private bool Replace(int count, TokenKind kind, Node value)
        {
            _tokens.RemoveRange(_tokens.Count - count, count);
            _values.RemoveRange(_values.Count - count, count);
            _tokens.Add(kind);
            _values.Add(value);
            if (value.Check is { Depth: > MaxDepth }) TooDeep = true;
            return true;
        }

        private static Check Finish(TokenKind kind, Node node) => kind switch
        {
            TokenKind.All => new JunctionCheck(true, node.Growing!) { Offset = node.Growing![0].Offset },
            TokenKind.Any => new JunctionCheck(false, node.Growing!) { Offset = node.Growing![0].Offset },
            _ => node.Check!,
        };
    }
}
