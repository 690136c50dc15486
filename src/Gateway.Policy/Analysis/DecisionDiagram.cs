using System.Runtime.InteropServices;

namespace Gateway.Policy.Analysis;

/// <summary>
/// Reduced ordered decision diagrams over variables with a few values each, and with <see cref="Outcome"/>s as terminals. Equal functions are the same
/// node, so that comparing two rules is comparing two numbers. Not for use from several threads.
/// </summary>
/// <param name="sizes">How many values each variable has, in the order in which the diagram asks for them.</param>
internal sealed class DecisionDiagram(IReadOnlyList<int> sizes)
{
    /// <summary>The node that is always false.</summary>
    public const int False = (int)Outcome.False;

    /// <summary>The node that is always true.</summary>
    public const int True = (int)Outcome.True;

    private const int Terminals = (int)Outcome.RemoteFault + 1;
    private const int MaxNodes = 2_000_000;

    private readonly List<(int Level, int[] Children)> _nodes = [.. Enumerable.Repeat<(int, int[])>((int.MaxValue, []), Terminals)];
    private readonly Dictionary<int[], int> _known = new(NodeComparer.Instance);
    private readonly Dictionary<(Operation, int, int), int> _applied = [];

    private enum Operation : byte
    {
        AndThen,
        OrElse,
        Not,
        IsTrue,
        Select,
    }

    /// <summary>How large the diagram has become; nodes are never dropped.</summary>
    public int Count => _nodes.Count;

    public static bool IsTerminal(int node) => node < Terminals;

    /// <summary>The variable a node asks for; larger than any for terminals.</summary>
    public int LevelOf(int node) => _nodes[node].Level;

    public int Child(int node, int value) => _nodes[node].Children[value];

    /// <summary>The node that asks for a variable and goes on as its value says.</summary>
    public int Node(int level, int[] children)
    {
        if (children.AsSpan().ContainsAnyExcept(children[0]))
        {
            int[] key = [level, .. children];
            ref var node = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, key, out var isKnown);
            if (!isKnown)
            {
                if (_nodes.Count >= MaxNodes) throw new PolicyAnalysisException($"the rule is too large to analyse: its diagram has more than {MaxNodes} nodes; split it");
                node = _nodes.Count;
                _nodes.Add((level, children));
            }
            return node;
        }
        return children[0];
    }

    /// <summary>The function that <paramref name="valueOf"/> gives for every combination of the named variables, which must be in order and without doubles.</summary>
    public int Tabulate(IReadOnlyList<int> variables, int[] point, Func<int[], Outcome> valueOf) => Tabulate(variables, 0, point, valueOf);

    private int Tabulate(IReadOnlyList<int> variables, int at, int[] point, Func<int[], Outcome> valueOf)
    {
        if (at == variables.Count) return (int)valueOf(point);
        var level = variables[at];
        var children = new int[sizes[level]];
        for (var value = 0; value < children.Length; value++)
        {
            point[level] = value;
            children[value] = Tabulate(variables, at + 1, point, valueOf);
        }
        point[level] = 0;
        return Node(level, children);
    }

    /// <summary>A conjunction that is answered from the left: an error on the left is the answer, on the right only when the left is true.</summary>
    public int AndThen(int left, int right) => left switch
    {
        True => right,
        _ when IsTerminal(left) => left,
        _ => Apply(Operation.AndThen, left, right),
    };

    /// <summary>A disjunction that is answered from the left.</summary>
    public int OrElse(int left, int right) => left switch
    {
        False => right,
        _ when IsTerminal(left) => left,
        _ => Apply(Operation.OrElse, left, right),
    };

    public int Not(int node) => node switch
    {
        True => False,
        False => True,
        _ when IsTerminal(node) => node,
        _ => Apply(Operation.Not, node, 0),
    };

    /// <summary>Errors made false.</summary>
    public int IsTrue(int node) => node == True ? True : IsTerminal(node) ? False : Apply(Operation.IsTrue, node, 0);

    /// <summary>True where the node's outcome is in the set of bits, false elsewhere.</summary>
    public int Select(int node, int outcomes) =>
        IsTerminal(node) ? ((outcomes >> node) & 1) != 0 ? True : False : Apply(Operation.Select, node, outcomes);

    /// <summary>Whether wherever <paramref name="left"/> is true, <paramref name="right"/> is; both without errors.</summary>
    public bool Implies(int left, int right) => AndThen(left, Not(right)) == False;

    public int Evaluate(int node, ReadOnlySpan<int> point)
    {
        while (!IsTerminal(node)) node = _nodes[node].Children[point[_nodes[node].Level]];
        return node;
    }

    private int Apply(Operation operation, int left, int right)
    {
        // Unary operations carry a constant on the right, which no terminal on the left gets as far as here.
        if (_applied.TryGetValue((operation, left, right), out var known)) return known;
        var isBinary = operation is Operation.AndThen or Operation.OrElse;
        var level = isBinary ? Math.Min(LevelOf(left), LevelOf(right)) : LevelOf(left);
        var children = new int[sizes[level]];
        for (var value = 0; value < children.Length; value++)
        {
            var one = LevelOf(left) == level ? Child(left, value) : left;
            var other = isBinary && LevelOf(right) == level ? Child(right, value) : right;
            children[value] = operation switch
            {
                Operation.AndThen => AndThen(one, other),
                Operation.OrElse => OrElse(one, other),
                Operation.Not => Not(one),
                Operation.IsTrue => IsTrue(one),
                _ => Select(one, other),
            };
        }
        return _applied[(operation, left, right)] = Node(level, children);
    }

    /// <summary>
    /// The cheapest way to make a node true, as a value for each variable on the way; -1 for the others, on whose value nothing depends. Null when there is none.
    /// </summary>
    public int[]? Cheapest(int node, Func<int, int, int> costOf)
    {
        var costs = new Dictionary<int, long>();
        if (Cost(node) == long.MaxValue) return null;
        var point = Enumerable.Repeat(-1, sizes.Count).ToArray();
        while (!IsTerminal(node))
        {
            var level = LevelOf(node);
            // Of equals the variable that is asked first: of two values the second, because the first costs as much further on.
            var values = sizes[level] == 2 ? [1, 0] : Enumerable.Range(0, sizes[level]);
            var best = values.MinBy(value => Plus(Cost(Child(node, value)), costOf(level, value)));
            point[level] = best;
            node = Child(node, best);
        }
        return point;

        long Cost(int at)
        {
            if (IsTerminal(at)) return at == True ? 0 : long.MaxValue;
            if (costs.TryGetValue(at, out var known)) return known;
            var least = long.MaxValue;
            for (var value = 0; value < sizes[LevelOf(at)]; value++) least = Math.Min(least, Plus(Cost(Child(at, value)), costOf(LevelOf(at), value)));
            return costs[at] = least;
        }

        static long Plus(long cost, int more) => cost == long.MaxValue ? cost : cost + more;
    }

    private sealed class NodeComparer : IEqualityComparer<int[]>
    {
        public static NodeComparer Instance { get; } = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] obj)
        {
            var hash = new HashCode();
            foreach (var number in obj) hash.Add(number);
            return hash.ToHashCode();
        }
    }
}
