using CsCheck;

namespace Gateway.Audit.Tests.Lines;

/// <summary>What is found in a file by looking in the right place is what reading all of it finds.</summary>
public sealed class LineFileTests : IDisposable
{
    private readonly LineDirectory _store = new();

    public void Dispose() => _store.Dispose();

    /// <param name="sizes">Of the records; 0 for an empty line, -1 for a head.</param>
    private byte[] Write(long before, IEnumerable<int> sizes, int unfinished)
    {
        using var file = new MemoryStream();
        var head = new ChainHead(before, Hash(before));
        file.Write(LogLine.Header(new LineHeader("gw-1", "2026-03-04T05:06:07Z", head, [], 1)));
        file.WriteByte((byte)'\n');
        var line = new byte[400_000];
        foreach (var size in sizes)
        {
            if (size == 0) file.WriteByte((byte)'\n');
            else if (size < 0) file.Write(LogLine.Head(new LineHead(head, [], 1, head.Sequence, IsSealed: false, "me")));
            else
            {
                var body = new byte[size];
                body.AsSpan().Fill((byte)'x');
                var next = Hash(head.Sequence + 1);
                file.Write(line.AsSpan(0, LogLine.WriteRecord(line, head.Sequence + 1, head.Hash, next, body)));
                head = new ChainHead(head.Sequence + 1, next);
            }
        }

        file.Write("{\"sequence\":99999999,\"previous\":\""u8[..Math.Min(unfinished, 33)]);
        File.WriteAllBytes(_store.Path, file.ToArray());
        return file.ToArray();
    }

    private static byte[] Hash(long number)
    {
        var hash = new byte[Chain.HashSize];
        BitConverter.TryWriteBytes(hash, number);
        return hash;
    }

    private static readonly Gen<int> Size = Gen.Frequency(
        (1, Gen.Const(0)), (1, Gen.Const(-1)), (30, Gen.Int[2, 900]), (1, Gen.Int[2000, 140_000]));

    [Fact]
    public void Finds_records_heads_and_blocks_wherever_they_are() =>
        Gen.Select(Gen.Long[0, 5000], Size.List[0, 900], Gen.Int[0, 3].Select(n => n == 0 ? Gen.Int[1, 33] : Gen.Const(0)).SelectMany(n => n), Gen.Int).Sample(
            (before, sizes, unfinished, seed) => AssertFound(before, sizes, unfinished, new Random(seed), queries: 12),
            iter: 40,
            threads: 1);

    [Fact]
    public void Finds_them_among_thousands_with_some_of_300_KB()
    {
        var random = new Random(7);
        var sizes = Enumerable.Range(0, 6000).Select(n => n % 400 == 399 ? 300_000 : n % 50 == 0 ? 0 : n % 997 == 0 ? -1 : random.Next(2, 1500)).ToList();
        AssertFound(before: 17, sizes, unfinished: 20, random, queries: 150);
    }

    [Fact]
    public void Finds_them_where_nearly_every_line_is_larger_than_a_window()
    {
        var random = new Random(8);
        AssertFound(before: 0, [.. Enumerable.Range(0, 40).Select(n => n % 7 == 0 ? 0 : n % 11 == 0 ? -1 : random.Next(130_000, 390_000))], unfinished: 0, random, queries: 60);
    }

    [Fact]
    public void A_file_with_nothing_but_its_first_line_has_nothing() => AssertFound(before: 3, [], unfinished: 0, new Random(1), queries: 3);

    private void AssertFound(long before, List<int> sizes, int unfinished, Random random, int queries)
    {
        var bytes = Write(before, sizes, unfinished);
        var lines = PlainLines.Of(bytes);
        var records = lines.Where(line => line.Number is not null).Select(line => (Number: line.Number!.Value, line.At)).ToList();
        var heads = lines.Where(line => line.IsWhole && LogLine.ReadHead(line.Text) is not null).ToList();
        var blocks = PlainLines.Blocks(bytes);
        var last = records.Count == 0 ? before : records[^1].Number;
        using var file = LineFile.Open(_store.Path);

        Assert.Equal(lines[0].End, file.Start);
        Assert.Equal(lines.Last(line => line.IsWhole).End, file.WholeLines());
        Assert.Equal(blocks[^1], file.LastBlock());
        Assert.Equal(lines.Skip(1).Count(line => line.Number is not null), file.After(0).Count());
        for (var i = 0; i < queries; i++)
        {
            var number = i switch { 0 => before, 1 => last, 2 => last + 1, 3 => before - 1, 4 => before + 1, 5 => long.MaxValue, 6 => 0, _ => random.NextInt64(before, last + 2) };
            var after = records.Where(record => record.Number > number).ToList();
            if (number > before && after.Count == 0) Assert.InRange(file.OffsetAfter(number), file.WholeLines(), bytes.Length);
            else Assert.Equal(number <= before ? file.Start : after[0].At, file.OffsetAfter(number));
            Assert.Equal(after.Take(5).Select(record => record.Number), (number == long.MaxValue ? [] : file.After(number).Take(5)).Select(record => record.Sequence));
            Assert.Equal(records.Any(record => record.Number == number) ? number : null, file.Find(number)?.Sequence);
            Assert.Equal(records.Where(record => record.Number < number).Reverse().Take(5).Select(record => record.Number), file.Before(number).Take(5).Select(record => record.Sequence));

            var line = lines[random.Next(1, lines.Count)];
            Assert.Equal(records.Where(record => record.At < line.At).Reverse().Take(3).Select(record => record.Number), file.RecordsBefore(line.At).Take(3).Select(record => record.Sequence));
            var head = heads.LastOrDefault(head => head.At < line.At);
            Assert.Equal(head is null ? null : (LogLine.ReadHead(head.Text)!.Head.Sequence, head.At), file.LastHead(line.At) is { } found ? (found.Head.Head.Sequence, found.Offset) : ((long, long)?)null);

            var at = random.Next(0, bytes.Length);
            Assert.Equal(at <= file.Start ? file.Start : lines.First(one => one.End >= at).End, file.LineStart(at));
        }

        Assert.Equal(records.Select(record => record.Number).Reverse(), file.Before(long.MaxValue).Select(record => record.Sequence));
        if (records.Count == 0) return;
        var one = records[records.Count / 2].Number;
        Assert.Equal([one], file.Before(long.MaxValue, Convert.ToHexStringLower(Hash(one)) is var hex ? System.Text.Encoding.ASCII.GetBytes($"\"hash\":\"{hex}") : null).Select(record => record.Sequence));
    }

    [Fact]
    public void Two_readings_of_one_file_do_not_disturb_each_other()
    {
        Write(before: 0, Enumerable.Range(0, 3000).Select(n => 200), unfinished: 0);
        using var file = LineFile.Open(_store.Path);
        using var forward = file.After(0).GetEnumerator();
        using var backward = file.Before(long.MaxValue).GetEnumerator();
        for (var i = 1; i <= 3000; i++)
        {
            Assert.True(forward.MoveNext());
            Assert.True(backward.MoveNext());
            Assert.Equal((i, 3001 - i), (forward.Current.Sequence, backward.Current.Sequence));
            if (i % 500 == 0) Assert.Equal(i, file.Find(i)?.Sequence);
        }
    }

    [Fact]
    public void A_line_that_is_no_record_is_named_by_its_place()
    {
        var bytes = Write(before: 0, [100, 100, 100, 0, 100], unfinished: 0);
        var line = PlainLines.Of(bytes).First(line => line.Number == 2);
        bytes[line.At + 3] ^= 1;
        File.WriteAllBytes(_store.Path, bytes);
        using var file = LineFile.Open(_store.Path);

        var message = $"{_store.Path}: the line at byte {line.At} is no record; verify the store";
        Assert.Equal(message, Assert.Throws<AuditStoreException>(() => file.After(0).Count()).Message);
        Assert.Equal(message, Assert.Throws<AuditStoreException>(() => file.Before(4).Count()).Message);
    }

    [Fact]
    public void No_file_no_header_and_no_access_are_told_apart()
    {
        Assert.Equal($"{_store.Path}: no such file", Assert.Throws<AuditStoreException>(() => LineFile.Open(_store.Path)).Message);
        File.WriteAllText(_store.Path, "");
        Assert.Equal($"{_store.Path}: not an audit store, or its first line is damaged; verify it, and restore it or begin a new one", Assert.Throws<AuditStoreException>(() => LineFile.Open(_store.Path)).Message);
        File.WriteAllText(_store.Path, "{\"format\":3,");
        Assert.True(LineFile.Is(_store.Path));
        Assert.Throws<AuditStoreException>(() => LineFile.Open(_store.Path));
        Assert.False(LineFile.Is(Path.GetDirectoryName(_store.Path)!));
    }
}
