using System.Collections.Concurrent;

namespace Gateway.Audit;

/// <summary>Buffers between two records. Holds at most as many as were in use at once, and no large ones.</summary>
internal sealed class RecordBufferPool
{
    private readonly ConcurrentBag<RecordBuffer> _free = [];

    public RecordBuffer Rent() => _free.TryTake(out var buffer) ? buffer : new RecordBuffer();

    public void Return(RecordBuffer buffer)
    {
        if (buffer.IsWorthKeeping) _free.Add(buffer);
    }
}
