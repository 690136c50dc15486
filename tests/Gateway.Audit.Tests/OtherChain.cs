using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit.Tests;

/// <summary>The chain written a second time, from the description in the README, as somebody would who forges or checks a log.</summary>
internal static class OtherChain
{
    public static byte[] Hash(string stream, long sequence, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> body)
    {
        using var message = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        message.WriteByte(1);
        BinaryPrimitives.WriteUInt16BigEndian(number, (ushort)stream.Length);
        message.Write(number[..2]);
        message.Write(Encoding.ASCII.GetBytes(stream));
        BinaryPrimitives.WriteInt64BigEndian(number, sequence);
        message.Write(number);
        message.Write(previous);
        message.Write(SHA256.HashData(body));
        return SHA256.HashData(message.ToArray());
    }

    /// <summary>Gives every record, and the head, the hash that a log of these bytes would have.</summary>
    public static void Rechain(TemporaryStore store)
    {
        var bodies = new List<(long Sequence, byte[] Body)>();
        using (var connection = new SqliteConnection($"Data Source={store.Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT sequence, body FROM record ORDER BY sequence";
            using var reader = command.ExecuteReader();
            while (reader.Read()) bodies.Add((reader.GetInt64(0), (byte[])reader[1]));
        }

        var previous = new byte[32];
        var hashes = new List<byte[]>();
        var sql = new StringBuilder();
        foreach (var (sequence, body) in bodies)
        {
            var hash = Hash("gw-1", sequence, previous, body);
            sql.Append($"UPDATE record SET previous = x'{Convert.ToHexString(previous)}', hash = x'{Convert.ToHexString(hash)}' WHERE sequence = {sequence};");
            previous = hash;
            hashes.Add(hash);
        }

        store.Tamper($"{sql} UPDATE log SET head_sequence = {bodies.Count}, head_hash = x'{Convert.ToHexString(previous)}', head_peaks = x'{Convert.ToHexString(MerkleFrontier.Empty.Append(hashes).ToBytes())}'");
    }
}
