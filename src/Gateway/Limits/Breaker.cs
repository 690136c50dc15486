using System.Collections.Immutable;

namespace Gateway.Limits;

/// <summary>
/// Whether Redis is asked at all; of a cluster, each node. It opens with the first answer that does not come, and closes when the watch has seen that
/// node take a write: no call of a user is spent on finding out.
/// </summary>
internal sealed partial class Breaker(string redis, ILogger<Breaker> logger)
{
    /// <summary>The node of a Redis that has one, or whose nodes are not known.</summary>
    public const string Whole = "";

    // Of a node, so many places where it failed are looked at again.
    private const int MostTags = 8;

    // Replaced whole.
    private ImmutableDictionary<string, GoneNode> _gone = ImmutableDictionary.Create<string, GoneNode>(StringComparer.Ordinal);

    public bool IsOpen => !Volatile.Read(ref _gone).IsEmpty;

    /// <summary>Why it is open.</summary>
    public string? Problem
    {
        get
        {
            var gone = Volatile.Read(ref _gone);
            return gone.IsEmpty ? null : string.Join("; ", gone.Values.Select(node => node.Node == Whole ? node.Problem : $"{node.Node}: {node.Problem}"));
        }
    }

    /// <summary>What is not asked.</summary>
    public IReadOnlyCollection<GoneNode> Gone => [.. Volatile.Read(ref _gone).Values];

    /// <summary>Whether calls are decided without this node.</summary>
    public bool Stops(string node)
    {
        var gone = Volatile.Read(ref _gone);
        return !gone.IsEmpty && (gone.ContainsKey(node) || gone.ContainsKey(Whole));
    }

    /// <summary>Whether it is not even told of leases. It is, before it is asked again.</summary>
    public bool StopsLeases(string node)
    {
        var gone = Volatile.Read(ref _gone);
        return (gone.TryGetValue(node, out var one) || gone.TryGetValue(Whole, out one)) && !one.IsReturning;
    }

    public void Open(string problem, string? tag, string node = Whole)
    {
        var isNew = false;
        ImmutableInterlocked.Update(ref _gone, gone =>
        {
            isNew = !gone.TryGetValue(node, out var known);
            var tags = known?.Tags ?? [];
            return tag is null || tags.Contains(tag) || tags.Count >= MostTags
                ? isNew ? gone.Add(node, new GoneNode(node, problem, tags)) : gone
                : gone.SetItem(node, new GoneNode(node, known?.Problem ?? problem, tags.Add(tag)));
        });
        if (!isNew) return;
        if (node == Whole) Log.Gone(logger, redis, problem);
        else Log.NodeGone(logger, redis, node, problem);
    }

    /// <summary>The node takes writes again: it is told of leases, and then asked.</summary>
    public void BeginReturn(string node) =>
        ImmutableInterlocked.Update(ref _gone, gone => gone.TryGetValue(node, out var known) ? gone.SetItem(node, known with { IsReturning = true }) : gone);

    public void Close(string node = Whole)
    {
        if (!ImmutableInterlocked.TryRemove(ref _gone, node, out _)) return;
        if (node == Whole) Log.Back(logger, redis);
        else Log.NodeBack(logger, redis, node);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Redis {Redis} cannot be asked: {Problem}; limits are decided as each says for that (without_redis) until it is back")]
        public static partial void Gone(ILogger logger, string redis, string problem);

        [LoggerMessage(2, LogLevel.Warning, "Redis {Redis} is back; limits are counted there")]
        public static partial void Back(ILogger logger, string redis);

        [LoggerMessage(3, LogLevel.Error, "Node {Node} of Redis {Redis} cannot be asked: {Problem}; limits that are counted there are decided as each says for that (without_redis) until it is back")]
        public static partial void NodeGone(ILogger logger, string redis, string node, string problem);

        [LoggerMessage(4, LogLevel.Warning, "Node {Node} of Redis {Redis} is back; limits are counted there")]
        public static partial void NodeBack(ILogger logger, string redis, string node);
    }
}

/// <summary>A node that is not asked.</summary>
/// <param name="Node">Its address.</param>
/// <param name="Problem">Why.</param>
/// <param name="Tags">Hash tags where it failed; none when nobody knows where.</param>
internal sealed record GoneNode(string Node, string Problem, ImmutableList<string> Tags)
{
    /// <summary>It was seen to take a write.</summary>
    public bool IsReturning { get; init; }
}
