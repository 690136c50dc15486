using System.Text;
using CsCheck;

namespace Gateway.Audit.Tests;

public sealed class TamperPropertyTests : IDisposable
{
    private TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Any_flipped_bit_of_a_row_is_found_and_named()
    {
        UseSqlite();
        await _store.FillAsync(calls: 3);
        var rows = _store.ReadAll();

        Gen.Select(Gen.Int[0, rows.Count - 1], Gen.Int[0, 3].Select(n => n switch { 0 => "hash", 1 => "previous", _ => "body" }), Gen.Int[0, int.MaxValue], Gen.Int[0, 7]).Sample(
            (row, column, position, bit) =>
            {
                var sequence = rows[row].Sequence;
                var value = column == "body" ? rows[row].Bytes.ToArray() : column == "hash" || row == 0 ? rows[row].Hash.ToArray() : rows[row - 1].Hash.ToArray();
                if (column == "previous" && row == 0) column = "hash";
                var original = value.ToArray();
                value[position % value.Length] ^= (byte)(1 << bit);
                _store.Tamper($"UPDATE record SET {column} = @value WHERE sequence = {sequence}", ("@value", value));

                var finding = _store.Verify().Finding;

                _store.Tamper($"UPDATE record SET {column} = @value WHERE sequence = {sequence}", ("@value", original));
                Assert.Equal((VerifyProblem.Edited, sequence), (finding?.Problem, finding?.Sequence));
            },
            iter: 200,
            threads: 1);

        Assert.True(_store.Verify().IsIntact);
    }

    [Fact]
    public async Task Any_flipped_bit_of_a_records_line_is_found_and_named()
    {
        await _store.FillAsync(calls: 3);
        var file = await File.ReadAllBytesAsync(_store.Path, TestContext.Current.CancellationToken);
        var rows = _store.ReadAll();

        Gen.Select(Gen.Int[0, rows.Count - 1], Gen.Int[0, int.MaxValue], Gen.Int[0, 7]).Sample(
            (row, position, bit) =>
            {
                var sequence = rows[row].Sequence;
                var at = file.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"{{\"sequence\":{sequence},\"previous\""));
                var bytes = file.ToArray();
                bytes[at + (position % file.AsSpan(at).IndexOf((byte)'\n'))] ^= (byte)(1 << bit);
                File.WriteAllBytes(_store.Path, bytes);

                var finding = _store.Verify().Finding;

                Assert.Equal(sequence, finding?.Sequence);
            },
            iter: 2000,
            threads: 1);

        await File.WriteAllBytesAsync(_store.Path, file, TestContext.Current.CancellationToken);
        Assert.True(_store.Verify().IsIntact);
    }

    [Theory]
    [InlineData(false, 500)]
    [InlineData(true, 2000)]
    public async Task Any_flipped_bit_of_the_file_is_found_or_changes_no_record(bool lines, int iterations)
    {
        if (!lines) UseSqlite();
        await _store.FillAsync(calls: 20);
        var file = await File.ReadAllBytesAsync(_store.Path, TestContext.Current.CancellationToken);
        var copy = _store.Path + ".copy";

        // Columns too: what a search would find must be what the verifier saw.
        var expected = Content(_store.Path);

        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Int[0, 7]).Sample(
            (position, bit) =>
            {
                var bytes = file.ToArray();
                bytes[position] ^= (byte)(1 << bit);
                File.WriteAllBytes(copy, bytes);
                try
                {
                    if (AuditVerifier.Verify(copy).IsIntact) Assert.Equal(expected, Content(copy));
                }
                catch (AuditStoreException e)
                {
                    Assert.StartsWith(copy, e.Message, StringComparison.Ordinal);
                }
            },
            iter: iterations,
            threads: 1);
    }

    [Fact]
    public async Task Any_flipped_bit_of_the_published_checkpoints_is_found()
    {
        await using (var log = await _store.OpenAsync())
        await using (var checkpointer = _store.Checkpoint(log))
        {
            for (var i = 0; i < 2; i++) await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
        }

        var path = _store.CheckpointerOptions.File;
        var file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Int[0, 7]).Sample(
            (position, bit) =>
            {
                var bytes = file.ToArray();
                bytes[position] ^= (byte)(1 << bit);
                File.WriteAllBytes(path, bytes);
                Assert.True(IsFound(), $"byte {position}, bit {bit}");
            },
            iter: 300,
            threads: 1);
        // The newline at the end, made what is no text: not what a crash leaves, which is a beginning.
        File.WriteAllBytes(path, [.. file[..^1], 0x8a]);
        Assert.True(IsFound());
        await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);
        Assert.False(IsFound());

        bool IsFound()
        {
            try
            {
                return _store.VerifyPublished().Finding is not null;
            }
            catch (AuditStoreException)
            {
                return true;
            }
        }
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 400)]
    public async Task Any_flipped_bit_of_a_sealed_file_is_found_or_changes_no_record(bool lines, int iterations)
    {
        if (!lines) UseSqlite();
        _store.Options = _store.Options with { SegmentBytes = 100_000, MaxBatch = 16 };
        await using (var log = await _store.OpenAsync())
        {
            while (AuditSegments.Sealed(_store.Path).Count == 0) await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => log.AppendAsync(Some.Refusal(), default).AsTask()));
        }

        var path = AuditSegments.Sealed(_store.Path)[0].Path;
        var file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        var expected = Content(_store.Path);
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Int[0, 7]).Sample(
            (position, bit) =>
            {
                var bytes = file.ToArray();
                bytes[position] ^= (byte)(1 << bit);
                File.WriteAllBytes(path, bytes);
                if (_store.Verify().IsIntact) Assert.Equal(expected, Content(_store.Path));
            },
            iter: iterations,
            threads: 1);
    }

    private void UseSqlite()
    {
        _store.Dispose();
        _store = TemporaryStore.Sqlite();
    }

    private static string Content(string path) =>
        string.Join('\n', AuditReader.Read(path, new AuditFilter { User = "alice" }).Select(r => $"{r.Sequence} {Convert.ToHexString(r.Hash.Span)} {Convert.ToHexString(r.Bytes.Span)}"));
}
