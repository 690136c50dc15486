namespace Gateway.Audit;

/// <summary>The durable intents that no record has closed yet. Used by the writer's thread.</summary>
internal sealed class OpenIntents
{
    private readonly Dictionary<string, long> _open = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, long Sequence)> _inOrder = new();

    public int Count => _open.Count;

    public bool Contains(string id) => _open.ContainsKey(id);

    public void Opened(string id, long sequence)
    {
        _open[id] = sequence;
        _inOrder.Enqueue((id, sequence));
    }

    public void Closed(string id)
    {
        _open.Remove(id);
        while (_inOrder.TryPeek(out var first) && !_open.ContainsKey(first.Id)) _inOrder.Dequeue();
    }

    /// <summary>The lowest sequence number that may be open, when the log's last record is <paramref name="head"/>.</summary>
    public long Floor(long head) => _inOrder.TryPeek(out var first) ? first.Sequence : head + 1;
}
