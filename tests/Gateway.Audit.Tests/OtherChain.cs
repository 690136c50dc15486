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

    /// <summary>Where the bytes that were hashed begin in a record's line.</summary>
    public static int BodyAt(string line) => line.IndexOf(",\"event\":", StringComparison.Ordinal) + 9;

    /// <summary>Gives every record, and the heads, the number and the hash that a log of these bytes would have.</summary>
    public static void Rechain(TemporaryStore store)
    {
        if (store.IsLines)
        {
            RechainLines(store);
            return;
        }

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

    private static void RechainLines(TemporaryStore store)
    {
        var hashes = new List<byte[]>();
        store.Edit(lines => lines.ConvertAll(line =>
        {
            var previous = hashes.Count == 0 ? new byte[32] : hashes[^1];
            if (TemporaryStore.IsRecord(line))
            {
                hashes.Add(Hash("gw-1", hashes.Count + 1, previous, Encoding.Latin1.GetBytes(line[BodyAt(line)..^1])));
                return $"{{\"sequence\":{hashes.Count},\"previous\":\"{Hex(previous)}\",\"hash\":\"{Hex(hashes[^1])}\",\"event\":{line[BodyAt(line)..]}";
            }

            if (!line.StartsWith("{\"head\":", StringComparison.Ordinal)) return line;
            var peaks = Convert.ToBase64String(MerkleFrontier.Empty.Append(hashes).ToBytes());
            return $"{{\"head\":{{\"sequence\":{hashes.Count},\"hash\":\"{Hex(previous)}\",\"peaks\":\"{peaks}\"{line[line.IndexOf(",\"open_floor\":", StringComparison.Ordinal)..]}";
        }));

        static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
    }
}
