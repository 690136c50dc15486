using System.Text;
using CsCheck;

namespace Gateway.Audit.Tests.Lines;

/// <summary>There is one spelling of each line, and no other is read.</summary>
public sealed class LogLineTests
{
    private static readonly string Hex = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));
    private static readonly string Record = """{"sequence":17,"previous":"#","hash":"#","event":{"id":"é"}}""".Replace("#", Hex, StringComparison.Ordinal);
    private static readonly string Head =
        """{"head":{"sequence":2,"hash":"#","peaks":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=","open_floor":3,"newest":1764201540000000,"sealed":false,"holder":"gateway `gw-1` on `é\"<b>`"}}""".Replace("#", Hex, StringComparison.Ordinal);

    private static readonly string Header = """{"format":3,"stream":"gw-1","created":"2026-11-26T23:59:00Z","base":{"sequence":2,"hash":"#","peaks":"","open_floor":1}}""".Replace("#", Hex, StringComparison.Ordinal);

    private static readonly Gen<byte[]> Hashes = Gen.Byte.Array[Chain.HashSize];
    private static readonly Gen<byte[]> Bodies = Gen.Byte[0x20, 0xff].Array[0, 200];

    [Fact]
    public void A_records_line_reads_back() => Gen.Select(Gen.Long[1, long.MaxValue], Hashes, Hashes, Bodies).Sample(
        (sequence, previous, hash, body) =>
        {
            var line = new byte[body.Length + LogLine.MaxOverhead];
            var length = LogLine.WriteRecord(line, sequence, previous, hash, body);
            Assert.Equal((byte)'\n', line[length - 1]);
            Assert.True(LogLine.TryReadRecord(line.AsSpan(0, length - 1), out var record));
            Assert.Equal(sequence, record.Sequence);
            Assert.Equal(sequence, LogLine.SequenceOf(line.AsSpan(0, length - 1)));
            Assert.Equal(previous, record.Previous.ToArray());
            Assert.Equal(hash, record.Hash.ToArray());
            Assert.Equal(body, record.Body.ToArray());
        },
        iter: 500,
        threads: 1);

    [Fact]
    public void A_records_line_of_the_largest_number_has_room()
    {
        var line = new byte[LogLine.MaxOverhead + 2];
        Assert.InRange(LogLine.WriteRecord(line, long.MaxValue, new byte[32], new byte[32], "{}"u8), 1, line.Length);
    }

    [Fact]
    public void What_is_read_is_spelt_as_it_is_written() => Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 400], Gen.Byte).Sample(
        (kind, change, at, value) =>
        {
            var good = Encoding.UTF8.GetBytes(kind == 0 ? Record : kind == 1 ? Head : Header);
            at %= good.Length;
            byte[] line = change switch
            {
                0 => [.. good[..at], value, .. good[(at + 1)..]],
                1 => [.. good[..at], .. good[(at + 1)..]],
                _ => [.. good[..at], value, .. good[at..]],
            };
            var again = new byte[line.Length + LogLine.MaxOverhead];
            if (LogLine.TryReadRecord(line, out var record)) Assert.Equal([.. line, (byte)'\n'], again[..LogLine.WriteRecord(again, record.Sequence, record.Previous, record.Hash, record.Body)]);
            if (LogLine.ReadHead(line) is { } head) Assert.Equal([.. line, (byte)'\n'], LogLine.Head(head));
            if (LogLine.ReadHeader(line) is { } header) Assert.Equal([.. line, (byte)'\n'], LogLine.Header(header));
        },
        iter: 20_000,
        threads: 1);

    [Theory]
    [InlineData("\"sequence\":17", "\"sequence\":017")]
    [InlineData("\"sequence\":17", "\"sequence\":0")]
    [InlineData("\"sequence\":17", "\"sequence\":-17")]
    [InlineData("\"sequence\":17", "\"sequence\":+17")]
    [InlineData("\"sequence\":17", "\"sequence\":1.7e1")]
    [InlineData("\"sequence\":17", "\"sequence\":17.0")]
    [InlineData("\"sequence\":17", "\"sequence\": 17")]
    [InlineData("\"sequence\":17", "\"sequence\":\"17\"")]
    [InlineData("\"sequence\":17", "\"sequence\":9223372036854775808")]
    [InlineData("\"sequence\":17", "\"sequence\":")]
    [InlineData("\"sequence\":17", "\"Sequence\":17")]
    [InlineData("0123456789abcdef0", "0123456789ABCDEF0")]
    [InlineData("0123456789abcdef0", "0123456789abcdeg0")]
    [InlineData("0123456789abcdef0", "0123456789abcdef")]
    [InlineData("0123456789abcdef0", "0123456789abcdef00")]
    [InlineData(",\"previous\"", ",\"x\":1,\"previous\"")]
    [InlineData(",\"hash\"", ", \"hash\"")]
    [InlineData("\"previous\"", "\"hash\"")]
    [InlineData("{\"id\"", "{\t\"id\"")]
    [InlineData("{\"id\"", "{\0\"id\"")]
    [InlineData("{\"id\"", "{\r\n\"id\"")]
    [InlineData("{\"id\"", "{\u001f\"id\"")]
    [InlineData("{\"sequence\"", " {\"sequence\"")]
    [InlineData("{\"sequence\"", "\uFEFF{\"sequence\"")]
    [InlineData("}}", "}} ")]
    [InlineData("}}", "}}\r")]
    [InlineData(",\"event\":{\"id\":\"é\"}}", "}")]
    [InlineData(",\"event\":{\"id\":\"é\"}}", ",\"event\":")]
    public void Another_spelling_is_no_record(string from, string to) => Assert.False(LogLine.TryReadRecord(Changed(Record, from, to), out _));

    [Theory]
    [InlineData("\"sequence\":2", "\"sequence\":02")]
    [InlineData("\"sequence\":2", "\"sequence\":2.0")]
    [InlineData("\"sequence\":2", "\"sequence\":\"2\"")]
    [InlineData("\"sequence\":2", "\"sequence\":9223372036854775808")]
    [InlineData("\"sequence\":2,", "")]
    [InlineData("\"sequence\":2,", "\"sequence\":2,\"sequence\":2,")]
    [InlineData("0123456789abcdef0", "0123456789ABCDEF0")]
    [InlineData("AAECAwQ", "AAECAw")]
    [InlineData("AAECAwQ", "AAEC\\u0041wQ")]
    [InlineData("Hh8=", "Hh9=")]
    [InlineData("\"open_floor\":3", "\"open_floor\":null")]
    [InlineData("\"sealed\":false", "\"sealed\":0")]
    [InlineData("\"sealed\":false", "\"sealed\": false")]
    [InlineData("\"holder\":\"", "\"holder\":\"\\u0067")]
    [InlineData("\"holder\":\"", "\"holder\":\"\\ud800")]
    [InlineData("}}", "},\"x\":1}")]
    [InlineData("}}", "}}\r")]
    [InlineData("}}", "}")]
    public void Another_spelling_is_no_head(string from, string to) => Assert.Null(LogLine.ReadHead(Changed(Head, from, to)));

    [Theory]
    [InlineData("\"format\":3", "\"format\":03")]
    [InlineData("\"format\":3", "\"format\":4")]
    [InlineData("\"format\":3", "\"format\":3,\"more\":1")]
    [InlineData("\"stream\":\"gw-1\",", "")]
    [InlineData("\"gw-1\"", "\"gw\\u002d1\"")]
    [InlineData("\"created\":\"2026", "\"created\":\"2026\\\"")]
    [InlineData("0123456789abcdef0", "0123456789abcdef")]
    [InlineData("0123456789abcdef0", "0123456789ABCDEF0")]
    [InlineData("\"peaks\":\"\"", "\"peaks\":null")]
    [InlineData("\"open_floor\":1", "\"open_floor\":01")]
    [InlineData("}}", "}} ")]
    [InlineData("}}", "}")]
    public void Another_spelling_is_no_header(string from, string to) => Assert.Null(LogLine.ReadHeader(Changed(Header, from, to)));

    [Fact]
    public void A_line_cut_anywhere_is_nothing()
    {
        foreach (var whole in new[] { Record, Head, Header })
        {
            var line = Encoding.UTF8.GetBytes(whole);
            Assert.True(LogLine.TryReadRecord(line, out _) || LogLine.ReadHead(line) is not null || LogLine.ReadHeader(line) is not null);
            for (var cut = 0; cut < line.Length - 1; cut++)
            {
                Assert.Null(LogLine.ReadHead(line.AsSpan(0, cut)));
                Assert.Null(LogLine.ReadHeader(line.AsSpan(0, cut)));

                // The record's own last brace makes it look whole; its hash tells.
                if (cut > 0 && line[cut - 1] != (byte)'}') Assert.False(LogLine.TryReadRecord(line.AsSpan(0, cut), out _));
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a \"b\" \\ <c> é \u2028 \U0001F600 \t\n\u007f\0")]
    public void A_holder_of_any_spelling_reads_back_in_one_line(string? holder)
    {
        var head = new LineHead(new ChainHead(1, new byte[32]), new byte[32], 1, 0, IsSealed: true, holder);
        var line = LogLine.Head(head);
        Assert.Equal(line.Length - 1, Array.IndexOf(line, (byte)'\n'));
        var read = LogLine.ReadHead(line.AsSpan(..^1));
        Assert.Equal((holder, true), (read?.Holder, read?.IsSealed));
    }

    private static byte[] Changed(string line, string from, string to)
    {
        Assert.Contains(from, line, StringComparison.Ordinal);
        var at = line.LastIndexOf(from, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(line[..at] + to + line[(at + from.Length)..]);
    }
}
