using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Audit.Tests;

public sealed class FileSinkTests : IAsyncLifetime
{
    private readonly TemporaryStore _store = new();
    private IReadOnlyList<StoredAuditEvent> _records = [];

    private string FilePath => Path.Combine(Path.GetDirectoryName(_store.Path)!, "out", "audit.jsonl");

    public async ValueTask InitializeAsync()
    {
        await _store.FillAsync(2);
        _records = _store.ReadAll();
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(params int[] at)
    {
        using var sink = new FileSink(FilePath, SinkFormat.Json, "gw-1");
        Assert.True(await sink.SendAsync([.. at.Select(i => _records[i])], default));
    }

    private long[] Sequences(string? path = null) => [.. File.ReadLines(path ?? FilePath).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("sequence").GetInt64())];

    [Fact]
    public async Task Each_line_holds_a_record_from_which_the_chain_can_be_followed()
    {
        await SendAsync(0, 1, 2);
        await SendAsync(3, 4, 5);

        var chain = new Chain("gw-1");
        var previous = Chain.Genesis;
        foreach (var (line, stored) in File.ReadLines(FilePath).Zip(_records))
        {
            using var json = JsonDocument.Parse(line);
            Assert.Equal("gw-1", json.RootElement.GetProperty("stream").GetString());
            var body = Encoding.UTF8.GetBytes(json.RootElement.GetProperty("event").GetRawText());
            var hash = new byte[Chain.HashSize];
            chain.Link(stored.Sequence, previous, SHA256.HashData(body), hash);
            Assert.Equal(Convert.ToHexStringLower(hash), json.RootElement.GetProperty("hash").GetString());
            Assert.Equal(Convert.ToHexStringLower(previous), json.RootElement.GetProperty("previous").GetString());
            previous = hash;
        }

        Assert.Equal([1, 2, 3, 4, 5, 6], Sequences());
    }

    [Fact]
    public async Task A_file_that_was_moved_away_is_begun_anew()
    {
        await SendAsync(0, 1);
        File.Move(FilePath, FilePath + ".1");
        await SendAsync(2);

        Assert.Equal([1, 2], Sequences(FilePath + ".1"));
        Assert.Equal([3], Sequences());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(200_000)]
    public async Task A_line_that_a_crash_cut_short_is_written_over(int length)
    {
        await SendAsync(0);
        await File.AppendAllTextAsync(FilePath, new string('x', length), TestContext.Current.CancellationToken);
        await SendAsync(1);

        Assert.Equal([1, 2], Sequences());
    }

    [Fact]
    public async Task What_cannot_be_written_is_a_fault_that_names_the_file()
    {
        Directory.CreateDirectory(FilePath);
        var fault = await Assert.ThrowsAsync<SinkException>(() => SendAsync(0));
        Assert.StartsWith($"{FilePath}: ", fault.Message, StringComparison.Ordinal);
        Assert.False(fault.IsFinal);
    }

    [Fact]
    public async Task Standard_output_gets_whole_lines()
    {
        using var output = new StringWriter();
        using var sink = new OutputSink(output, SinkFormat.Json, "gw-1");
        Assert.True(await sink.SendAsync([_records[0], _records[1]], default));
        Assert.Equal(Encoding.UTF8.GetString(SinkJson.Lines(SinkFormat.Json, "gw-1", [_records[0], _records[1]]).Span), output.ToString());
    }
}
