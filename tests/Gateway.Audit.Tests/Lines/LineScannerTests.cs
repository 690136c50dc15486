using CsCheck;

namespace Gateway.Audit.Tests.Lines;

/// <summary>Lines as they stand in a part of a file, whatever the buffer's size.</summary>
public sealed class LineScannerTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Gives_the_lines_of_any_part_of_a_file()
    {
        var lines = Gen.Select(Gen.Int[0, 400], Gen.Byte).Select((length, value) => Enumerable.Repeat(value == '\n' ? (byte)0 : value, length / (1 + (value % 9))).Append((byte)'\n').ToArray());
        Gen.Select(lines.List[0, 30], Gen.Int[0, 5000], Gen.Int[0, 5000], Gen.Int[1, 700]).Sample(
            (all, from, to, buffer) =>
            {
                byte[] bytes = [.. all.SelectMany(line => line), 1, 2, 3];
                from = Math.Min(from, bytes.Length);
                to = Math.Clamp(to, from, bytes.Length);
                File.WriteAllBytes(_path, bytes);
                using var file = File.OpenHandle(_path);
                var scanner = new LineScanner(file, _path, buffer);

                // Begun somewhere else before, it begins anew.
                scanner.Start(0, bytes.Length);
                scanner.Read();
                scanner.Start(from, to);
                var found = new List<(long, string, bool, long)>();
                while (scanner.Read()) found.Add((scanner.Offset, Convert.ToHexString(scanner.Line), scanner.IsComplete, scanner.Next));

                Assert.Equal(PlainLines.Of(bytes[from..to]).Select(line => ((long)from + line.At, Convert.ToHexString(line.Text), line.IsWhole, (long)from + line.End)), found);
                Assert.False(scanner.Read());
            },
            iter: 300,
            threads: 1);
    }

    [Fact]
    public void Ends_where_the_file_ends_though_more_was_expected()
    {
        File.WriteAllText(_path, "ab\ncd");
        using var file = File.OpenHandle(_path);
        var scanner = new LineScanner(file, _path);
        scanner.Start(0, 1000);
        Assert.True(scanner.Read());
        Assert.True(scanner.Read());
        Assert.Equal((3L, "cd", false), (scanner.Offset, System.Text.Encoding.UTF8.GetString(scanner.Line), scanner.IsComplete));
        Assert.False(scanner.Read());
    }

    [Fact]
    public void Names_the_file_and_the_byte_that_cannot_be_read()
    {
        // The kernel answers EIO where there is no memory.
        using var file = File.OpenHandle("/proc/self/mem");
        var scanner = new LineScanner(file, "/data/audit.jsonl");
        scanner.Start(10, 1000);
        var error = Assert.Throws<AuditStoreException>(() => scanner.Read());
        Assert.StartsWith("/data/audit.jsonl: cannot be read at byte 10: ", error.Message, StringComparison.Ordinal);
        Assert.IsType<IOException>(error.InnerException, exactMatch: false);
    }
}
