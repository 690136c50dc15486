using System.IO.Compression;
using System.Text;

namespace Gateway.Audit.Tests;

/// <summary>An export proves itself without the store, and what is done to it is found.</summary>
public sealed class AuditBundleTests : IAsyncLifetime
{
    private readonly TemporaryStore _store = new();

    private string Bundle => _store.Path + ".zip";

    private CheckpointerOptions Options => new() { File = _store.Path + ".checkpoints", KeyDirectory = _store.Path + ".keys" };

    public async ValueTask InitializeAsync()
    {
        await using var log = await _store.OpenAsync();
        await log.AppendAsync(
            Some.Event(AuditKind.Lifecycle, AuditOutcome.Success) with
            {
                Target = new AuditTarget { Id = "sha256:12ab", TypeUri = "data/security/policy" },
                Attachments = [new AuditAttachment("policy", "gateway/audit/policy", Some.Json("""{"revision": "sha256:12ab"}"""))],
            },
            default);
        for (var i = 0; i < 8; i++) await log.AppendAsync(Some.Refusal() with { RequestId = $"req-{i}", Decision = new AuditDecision { Rule = "r", Allowed = false, Revision = "sha256:12ab" } }, default);
        await using var checkpointer = Checkpointer.Start(log, Options, _store.Time);
        await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Holds_everything_to_the_last_checkpoint_and_verifies_by_itself()
    {
        var summary = Export();

        Assert.True(summary.IsWhole);
        Assert.Equal((summary.Checkpoint.Size, 2), (summary.Events, summary.Left));
        var report = BundleVerifier.Verify(Bundle, new VerifyOptions { Keys = CheckpointKeys.ReadPublic(Options.KeyDirectory) }, TestContext.Current.CancellationToken);
        Assert.Equal((null, summary.Events), (report.Finding, report.Records));
        Assert.Equal("""{"revision":"sha256:12ab"}""", Part("policies/sha256-12ab.json"));
        Assert.True(BundleVerifier.IsBundle(Bundle));
        Assert.False(BundleVerifier.IsBundle(_store.Path));
    }

    [Fact]
    public void Holds_a_selection_with_the_proof_of_each()
    {
        var summary = Export(stored => stored.Event.RequestId is "req-2" or "req-5");
        Assert.Equal((2, false), (summary.Events, summary.IsWhole));
        Assert.Null(Verify().Finding);
    }

    [Theory]
    [InlineData("req-3", "req-X", VerifyProblem.Edited, 6, "event 6 was edited: its bytes do not give its hash")]
    [InlineData("\"sequence\":6,", "\"sequence\":7,", VerifyProblem.Removed, 6, "event 6 was removed")]
    [InlineData("\"event\":", "\"evenT\":", VerifyProblem.Unreadable, 1, "the line after event 0 is not an event")]
    public void An_edited_event_is_named(string from, string to, VerifyProblem problem, long sequence, string message)
    {
        Export();
        Rewrite("events.jsonl", text => Replace(text, from, to));
        AssertFound(problem, sequence, message);
    }

    [Fact]
    public void An_event_taken_out_of_a_selection_is_missed()
    {
        Export(stored => stored.Event.RequestId is "req-2" or "req-5");
        Rewrite("events.jsonl", text => text[..(text.IndexOf('\n') + 1)]);
        AssertFound(VerifyProblem.Truncated, 6, "the manifest promises 2 events, there are 1");
    }

    [Fact]
    public void Events_out_of_order_are_named()
    {
        Export(stored => stored.Event.RequestId is "req-2" or "req-5");
        Rewrite("events.jsonl", text => string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Reverse().Select(line => line + "\n")));
        Assert.Equal(VerifyProblem.CheckpointMismatch, Verify().Finding?.Problem);
    }

    [Theory]
    [InlineData("policies/sha256-12ab.json", "`policies/sha256-12ab.json` was edited")]
    [InlineData("manifest.json", "the manifest is not the one that was signed")]
    public void An_edited_part_is_named(string part, string message)
    {
        Export();
        Rewrite(part, text => text + " ");
        AssertFound(VerifyProblem.Edited, null, message);
    }

    [Fact]
    public void A_bundle_signed_with_another_key_is_found()
    {
        Export();
        var forger = NoteSigner.Create(Checkpoint.OriginOf("gw-1"));
        Rewrite("manifest.note", text => SignedNote.Sign(SignedNote.Parse(text).Text, forger).ToString());
        AssertFound(VerifyProblem.WrongKey, null, "the manifest is not signed by a key that counts");
        Export();
        Assert.Equal(VerifyProblem.WrongKey, BundleVerifier.Verify(Bundle, new VerifyOptions { Keys = [forger.Key] }, TestContext.Current.CancellationToken).Finding?.Problem);
    }

    [Fact]
    public void A_part_that_was_added_or_taken_away_is_named()
    {
        Export();
        using (var zip = ZipFile.Open(Bundle, ZipArchiveMode.Update)) zip.CreateEntry("extra.txt");
        AssertFound(VerifyProblem.Inserted, null, "`extra.txt` is not in the manifest");
        Export();
        using (var zip = ZipFile.Open(Bundle, ZipArchiveMode.Update)) zip.GetEntry("policies/sha256-12ab.json")!.Delete();
        AssertFound(VerifyProblem.Removed, null, "`policies/sha256-12ab.json` is missing");
    }

    [Fact]
    public void A_store_that_is_not_what_was_signed_is_not_exported()
    {
        _store.Tamper("UPDATE record SET body = CAST(CAST(body AS TEXT) || ' ' AS BLOB) WHERE sequence = 3");
        OtherChain.Rechain(_store);
        Assert.Contains("its records are not those that checkpoint", Assert.Throws<AuditStoreException>(() => Export()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_and_two_checkpoints_are_proved()
    {
        var notes = CheckpointFile.Read(Options.File);
        Assert.True(RecordProof.Of(AuditSource.Of(_store.Path), 4, notes).Holds);
        var proof = ConsistencyProof.Of(AuditSource.Of(_store.Path), 1, notes.Count, notes);
        Assert.True(MerkleProof.IsConsistent(proof.From.Size, proof.From.Root.Span, proof.To.Size, proof.To.Root.Span, proof.Path));
        Assert.EndsWith("no record 99", Assert.Throws<AuditStoreException>(() => RecordProof.Of(AuditSource.Of(_store.Path), 99, notes)).Message, StringComparison.Ordinal);
        Assert.Contains("is newer than the last checkpoint", Assert.Throws<AuditStoreException>(() => RecordProof.Of(AuditSource.Of(_store.Path), _store.ReadAll().Count, notes)).Message, StringComparison.Ordinal);
    }

    private BundleSummary Export(Func<StoredAuditEvent, bool>? which = null) => AuditBundle.Write(
        AuditSource.Of(_store.Path),
        Bundle,
        AuditReader.Read(_store.Path, new AuditFilter { Order = AuditOrder.OldestFirst }).Where(which ?? (_ => true)),
        new BundleOptions { Checkpoints = CheckpointFile.Read(Options.File), KeyDirectory = Options.KeyDirectory },
        _store.Time);

    private VerifyReport Verify() => BundleVerifier.Verify(Bundle, ct: TestContext.Current.CancellationToken);

    private void AssertFound(VerifyProblem problem, long? sequence, string message)
    {
        var finding = Verify().Finding;
        Assert.Equal((problem, sequence, message), (finding!.Problem, finding.Sequence, finding.Message));
    }

    private static string Replace(string text, string from, string to)
    {
        var at = text.IndexOf(from, StringComparison.Ordinal);
        return $"{text[..at]}{to}{text[(at + from.Length)..]}";
    }

    private string Part(string name)
    {
        using var zip = ZipFile.OpenRead(Bundle);
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }

    private void Rewrite(string name, Func<string, string> change)
    {
        var text = change(Part(name));
        using var zip = ZipFile.Open(Bundle, ZipArchiveMode.Update);
        zip.GetEntry(name)!.Delete();
        using var part = zip.CreateEntry(name).Open();
        part.Write(Encoding.UTF8.GetBytes(text));
    }
}
