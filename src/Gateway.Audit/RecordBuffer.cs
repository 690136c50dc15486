namespace Gateway.Audit;

/// <summary>A record's bytes and their digest, in memory that is used again for the next record.</summary>
internal sealed class RecordBuffer
{
    // Larger ones are left to the collector rather than kept.
    private const int KeptSize = 64 * 1024;

    private readonly JsonLine _line = new();
    private readonly byte[] _digest = new byte[Chain.HashSize];

    public ReadOnlySpan<byte> Body => _line.Written;

    public ReadOnlySpan<byte> Digest => _digest;

    public bool IsWorthKeeping => _line.Capacity <= KeptSize;

    public void Fill(AuditEvent e)
    {
        _line.Clear();
        AuditJson.Write(_line, e);
        Sha256.Hash(Body, _digest);
    }
}
