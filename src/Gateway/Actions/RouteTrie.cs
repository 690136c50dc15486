using System.Buffers;

namespace Gateway.Actions;

/// <summary>
/// Finds the operation of a method and path, segment by segment, byte for byte: a literal segment wins over a parameter, and no
/// letter case, slash or dot is ever forgiven.
/// </summary>
internal sealed class RouteTrie
{
    /// <summary>The most parameters one path may have, its prefix included.</summary>
    public const int MaxParameters = 6;

    // Unreserved characters and sub-delimiters of RFC 3986 without `;`, which some servers cut at.
    private static readonly SearchValues<char> ParameterCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@%");

    private readonly Node _root = new();

    /// <summary>Adds a route; the route that is there already, and stays, when another has the same method and path.</summary>
    public Operation? Add(Operation operation, string prefix)
    {
        var node = _root;
        var names = new List<string>();
        foreach (var segment in (prefix + operation.Path)[1..].Split('/'))
        {
            if (segment is ['{', .. var name, '}'])
            {
                names.Add(name);
                node = node.Parameter ??= new Node();
            }
            else
            {
                node = node.Literal(segment);
            }
        }

        if (node.Routes.TryGetValue(operation.Method, out var existing))
            return existing.Operation;

        node.Routes.Add(operation.Method, new Route(operation, prefix, [.. names]));
        return null;
    }

    public OperationMatch? Match(string method, string path, out RouteMiss miss)
    {
        miss = RouteMiss.PathUnknown;
        if (path.Length == 0 || path[0] != '/')
            return null;

        Span<Range> parameters = stackalloc Range[MaxParameters];
        var pathKnown = false;
        if (Find(_root, method, path, 1, parameters, 0, ref pathKnown) is not { } route)
        {
            miss = pathKnown ? RouteMiss.MethodUnknown : RouteMiss.PathUnknown;
            return null;
        }

        var values = new string[route.Parameters.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var text = path.AsSpan(parameters[i]);
            if (!IsSegment(text))
            {
                miss = RouteMiss.PathUnknown;
                return null;
            }

            values[i] = text.Contains('%') ? Uri.UnescapeDataString(text) : text.ToString();
            if (!Accepts(route, route.Parameters[i], values[i], out miss))
                return null;
        }

        miss = RouteMiss.None;
        return new OperationMatch(route.Operation, route.Prefix, route.Parameters, values);
    }

    /// <summary>Whether a path is one of these, whatever the method.</summary>
    public bool Knows(string path)
    {
        Span<Range> parameters = stackalloc Range[MaxParameters];
        var pathKnown = false;
        Find(_root, string.Empty, path, 1, parameters, 0, ref pathKnown);
        return pathKnown;
    }

    private static Route? Find(Node node, string method, string path, int start, Span<Range> parameters, int depth, ref bool pathKnown)
    {
        var rest = path.AsSpan(start);
        var slash = rest.IndexOf('/');
        var segment = slash < 0 ? rest : rest[..slash];

        if (node.Literals is { } literals
            && literals.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(segment, out var literal)
            && Continue(literal, method, path, start, slash, parameters, depth, ref pathKnown) is { } found)
        {
            return found;
        }

        if (node.Parameter is null || segment.IsEmpty || depth == MaxParameters)
            return null;

        parameters[depth] = start..(start + segment.Length);
        return Continue(node.Parameter, method, path, start, slash, parameters, depth + 1, ref pathKnown);
    }

    private static Route? Continue(
        Node node, string method, string path, int start, int slash, Span<Range> parameters, int depth, ref bool pathKnown)
    {
        if (slash >= 0)
            return Find(node, method, path, start + slash + 1, parameters, depth, ref pathKnown);

        pathKnown |= node.Routes.Count > 0;
        return node.Routes.GetValueOrDefault(method);
    }

    private static bool Accepts(Route route, string name, string value, out RouteMiss miss)
    {
        miss = RouteMiss.PathUnknown;
        if (name == "project_id")
            return value.All(c => char.IsAsciiHexDigitLower(c) || c == '-');

        if (name != "server_id" || ServerIds.IsCanonical(value))
            return true;

        // Clients look servers up by name with GET /servers/NAME. Everything else needs a real id.
        miss = RouteMiss.ServerIdNotCanonical;
        return route.Operation is { Method: "GET", Path: "/servers/{server_id}" } && !ServerIds.IsOtherSpelling(value);
    }

    // A character that needs no encoding must not be encoded, and none may be that could cut or end a path.
    private static bool IsSegment(ReadOnlySpan<char> text)
    {
        if (text is "." or ".." || text.ContainsAnyExcept(ParameterCharacters))
            return false;

        for (var at = text.IndexOf('%'); at >= 0 && at < text.Length; at++)
        {
            if (text[at] != '%')
                continue;
            if (at + 2 >= text.Length || !IsUpperHex(text[at + 1]) || !IsUpperHex(text[at + 2]))
                return false;

            var code = Convert.FromHexString(text.Slice(at + 1, 2))[0];
            if (code is < 0x20 or 0x7F || char.IsAsciiLetterOrDigit((char)code) || "-._~/\\;%".Contains((char)code, StringComparison.Ordinal))
                return false;
        }

        return true;
    }

    private static bool IsUpperHex(char c) => char.IsAsciiDigit(c) || c is >= 'A' and <= 'F';

    private sealed record Route(Operation Operation, string Prefix, string[] Parameters);

    private sealed class Node
    {
        public Dictionary<string, Node>? Literals { get; private set; }

        public Node? Parameter { get; set; }

        public Dictionary<string, Route> Routes { get; } = new(StringComparer.Ordinal);

        public Node Literal(string segment)
        {
            Literals ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (!Literals.TryGetValue(segment, out var node))
                Literals.Add(segment, node = new Node());

            return node;
        }
    }
}
