using System.Security.Cryptography;

namespace Gateway.Audit;

/// <summary>SHA-256 of many small things one after the other: the platform's own, without a context made and thrown away for each.</summary>
internal static class Sha256
{
    // INVARIANT: nothing is left in it when `Hash` returns or throws, or the next hash would be another's.
    [ThreadStatic]
    private static IncrementalHash? _own;

    /// <param name="data">What is hashed.</param>
    /// <param name="hash">Takes the 32 bytes; may lie within the data.</param>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        var own = _own ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            own.AppendData(data);
            own.GetHashAndReset(hash);
        }
        catch
        {
            _own = null;
            throw;
        }
    }
}
