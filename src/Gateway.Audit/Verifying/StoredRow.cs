using System.Security.Cryptography;

namespace Gateway.Audit;

/// <summary>A row as it stands, with the digest of its bytes.</summary>
internal sealed record StoredRow(long Sequence, byte[] Previous, byte[] Hash, byte[] Digest)
{
    /// <summary>Reads the first four columns: sequence, previous, hash, body.</summary>
    public static StoredRow From(SqliteStatement row) =>
        new(row.Int64(0), row.Blob(1).ToArray(), row.Blob(2).ToArray(), SHA256.HashData(row.Blob(3)));
}
