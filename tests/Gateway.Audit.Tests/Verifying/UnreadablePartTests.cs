namespace Gateway.Audit.Tests.Verifying;

/// <summary>A disk that no longer gives a part of a file.</summary>
public sealed class UnreadablePartTests : IDisposable
{
    private readonly TemporaryStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task Is_reported_with_the_record_after_which_it_comes()
    {
        await using (var log = await _store.OpenAsync()) await log.AppendAsync(Some.Refusal(), default);
        using var source = new Unreadable(LineSource.Open(_store.Path));
        var report = AuditVerifier.Verify(_store.Path, [source]);
        Assert.Equal(VerifyProblem.StoreDamaged, report.Finding!.Problem);
        Assert.Equal(4, report.Finding.Sequence);
        Assert.Equal("the file cannot be read after record 3: audit.jsonl: cannot be read at byte 4096: input/output error", report.Finding.Message);
        Assert.Equal(_store.Path, report.Place);
    }

    /// <summary>Gives the records of another, and then an error instead of the end.</summary>
    private sealed class Unreadable(IChainSource inner) : IChainSource
    {
        public string Name => inner.Name;

        public string Stream => inner.Stream;

        public ChainHead Base => inner.Base;

        public byte[] BasePeaks => inner.BasePeaks;

        public bool IsSealed => inner.IsSealed;

        public ChainEnd? End => inner.End;

        public IEnumerable<IReadOnlyList<ChainRow>> Pages() => inner.Pages();

        public IEnumerable<ExaminedPage> Examined(CancellationToken ct)
        {
            foreach (var page in inner.Examined(ct)) yield return page;
            throw new AuditStoreException("audit.jsonl: cannot be read at byte 4096: input/output error", new IOException("input/output error"));
        }

        public StoredRow? At(long sequence) => inner.At(sequence);

        public IEnumerable<StoredRow> After(long sequence) => inner.After(sequence);

        public ChainRow? Newest(string action, long before) => inner.Newest(action, before);

        public VerifyFinding? CheckBefore() => inner.CheckBefore();

        public VerifyFinding? CheckAfter() => inner.CheckAfter();

        public void Dispose() => inner.Dispose();
    }
}
