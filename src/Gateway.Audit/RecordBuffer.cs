using System.Buffers;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>A record's bytes and their digest, in memory that is used again for the next record.</summary>
internal sealed class RecordBuffer : IBufferWriter<byte>, IDisposable
{
    // Larger ones are left to the collector rather than kept.
    private const int KeptSize = 64 * 1024;

    private readonly Utf8JsonWriter _json;
    private readonly byte[] _digest = new byte[Chain.HashSize];
    private byte[] _bytes = new byte[2048];
    private int _length;

    public RecordBuffer() => _json = new Utf8JsonWriter(this, AuditJson.WriterOptions);

    public ReadOnlySpan<byte> Body => _bytes.AsSpan(0, _length);

    public ReadOnlySpan<byte> Digest => _digest;

    public bool IsWorthKeeping => _bytes.Length <= KeptSize;

    public void Fill(AuditEvent e)
    {
        _length = 0;
        _json.Reset(this);
        AuditJson.Write(_json, e);
        Sha256.Hash(Body, _digest);
    }

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public void Dispose() => _json.Dispose();

    private void Reserve(int sizeHint)
    {
        var needed = _length + Math.Max(sizeHint, 1);
        if (needed > _bytes.Length) Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
    }
}
