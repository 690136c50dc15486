namespace Gateway.Audit.Tests.Verifying;

/// <summary>A disk that no longer gives a part of a file: here one that grew a line no record can be as long as, of which the disk holds nothing.</summary>
public sealed class UnreadablePartTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Is_reported_with_the_record_after_which_it_comes()
    {
        await using (var log = await _store.OpenAsync()) await log.AppendAsync(Some.Refusal(), default);
        var length = new FileInfo(_store.Path).Length;
        await using (var file = new FileStream(_store.Path, FileMode.Open)) file.SetLength(600L << 20);

        var report = _store.Verify();
        Assert.Equal(VerifyProblem.StoreDamaged, report.Finding!.Problem);
        Assert.Equal(4, report.Finding.Sequence);
        Assert.Equal($"the file cannot be read after record 3: {_store.Path}: the line at byte {length} is longer than any record; verify the store", report.Finding.Message);
        Assert.Equal(_store.Path, report.Place);
        Assert.Equal(3, report.Records);
    }

    [Fact]
    public async Task Does_not_hide_which_record_was_edited_before_it()
    {
        await using (var log = await _store.OpenAsync()) await log.AppendAsync(Some.Refusal(), default);
        var text = await File.ReadAllTextAsync(_store.Path, TestContext.Current.CancellationToken);
        var at = text.IndexOf("\"outcome\"", text.IndexOf("{\"sequence\":2,", StringComparison.Ordinal), StringComparison.Ordinal);
        await using (var file = new FileStream(_store.Path, FileMode.Open))
        {
            file.Position = at + 1;
            file.WriteByte((byte)'O');
            file.SetLength(600L << 20);
        }

        var finding = _store.Verify().Finding!;
        Assert.Equal(2, finding.Sequence);
        Assert.StartsWith("the file cannot be read after record 1: ", finding.Message, StringComparison.Ordinal);
    }
}
