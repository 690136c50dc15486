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
        AssertFound(VerifyProblem.WrongKey, null, $"the manifest is not signed by a key that counts after checkpoint {CheckpointFile.Read(Options.File).Count}");
        Export();
        Assert.Equal(VerifyProblem.WrongKey, BundleVerifier.Verify(Bundle, new VerifyOptions { Keys = [forger.Key] }, TestContext.Current.CancellationToken).Finding?.Problem);
    }

    [Fact]
    public async Task A_manifest_signed_with_a_retired_key_is_found()
    {
        CheckpointKeys.Rotate(Options.KeyDirectory, "gw-1");
        await using (var log = await _store.OpenAsync())
        await using (Checkpointer.Start(log, Options, _store.Time))
        {
        }

        Export();
        Assert.Null(Verify(CheckpointKeys.ReadPublic(Options.KeyDirectory)).Finding);
        var (_, retired) = CheckpointKeys.Load(Options.KeyDirectory, 1, "gw-1");
        Rewrite("manifest.note", text => SignedNote.Sign(SignedNote.Parse(text).Text, retired).ToString());
        Assert.Equal(VerifyProblem.WrongKey, Verify(CheckpointKeys.ReadPublic(Options.KeyDirectory)).Finding?.Problem);
        Assert.Equal(VerifyProblem.WrongKey, Verify([retired.Key]).Finding?.Problem);
    }

    [Fact]
    public void An_export_between_a_new_key_and_its_first_checkpoint_is_signed_with_the_key_that_counts()
    {
        var first = CheckpointKeys.ReadPublic(Options.KeyDirectory);
        CheckpointKeys.Rotate(Options.KeyDirectory, "gw-1");
        Export();
        Assert.Null(Verify(first).Finding);
    }

    [Fact]
    public void Two_parts_of_one_name_are_found()
    {
        Export();
        using (var zip = ZipFile.Open(Bundle, ZipArchiveMode.Update))
        using (var part = zip.CreateEntry("events.jsonl").Open()) part.Write("{}\n"u8);
        AssertFound(VerifyProblem.Inserted, null, "`events.jsonl` stands in the bundle twice");
    }

    [Fact]
    public void Keys_that_are_none_are_named()
    {
        Export();
        Rewrite("keys.txt", _ => "garbage\n");
        AssertFound(VerifyProblem.WrongKey, null, "`keys.txt` does not hold keys");
    }

    [Fact]
    public void A_report_says_whether_keys_were_given()
    {
        Export();
        Assert.False(Verify().IsHeldToKeys);
        Assert.True(Verify(CheckpointKeys.ReadPublic(Options.KeyDirectory)).IsHeldToKeys);
    }

    [Fact]
    public void Says_which_rules_it_does_not_have()
    {
        var other = AuditReader.Read(_store.Path, new AuditFilter { Order = AuditOrder.OldestFirst }).Where(stored => stored.Event.Kind == AuditKind.Refusal)
            .Select(stored => stored with { Event = stored.Event with { Decision = stored.Event.Decision! with { Revision = "sha256:gone" } } });
        var summary = AuditBundle.Write(AuditSource.Of(_store.Path), Bundle, other, Bundled with { Conditions = ["--user alice"] }, _store.Time);
        Assert.Equal(["sha256:gone"], summary.MissingPolicies);
        var manifest = System.Text.Json.Nodes.JsonNode.Parse(Part("manifest.json"))!;
        Assert.Equal("""["sha256:gone"] ["--user alice"]""", $"{manifest["missing_policies"]!.ToJsonString()} {manifest["conditions"]!.ToJsonString()}");
        Assert.Null(Verify().Finding);
    }

    [Fact]
    public void Rules_are_proved_by_the_record_that_brought_them()
    {
        var summary = Export(stored => stored.Event.RequestId == "req-2");
        Assert.Empty(summary.MissingPolicies);
        Assert.StartsWith("""{"sequence":2,""", Part("policies.jsonl"), StringComparison.Ordinal);
        Resign(() => Rewrite("policies/sha256-12ab.json", text => text.Replace("12ab", "12ac", StringComparison.Ordinal)));
        AssertFound(VerifyProblem.Edited, 2, "`policies/sha256-12ab.json` is not what record 2 says");
    }

    [Fact]
    public void Any_flipped_bit_is_found_or_changes_no_part()
    {
        Export();
        var file = File.ReadAllBytes(Bundle);
        var keys = CheckpointKeys.ReadPublic(Options.KeyDirectory);
        string Content()
        {
            using var zip = ZipFile.OpenRead(Bundle);
            return string.Join('\n', zip.Entries.Select(entry => $"{entry.FullName} {Part(entry.FullName)}"));
        }

        var expected = Content();
        CsCheck.Check.Sample(
            CsCheck.Gen.Select(CsCheck.Gen.Int[0, file.Length - 1], CsCheck.Gen.Int[0, 7]),
            (position, bit) =>
            {
                var bytes = file.ToArray();
                bytes[position] ^= (byte)(1 << bit);
                File.WriteAllBytes(Bundle, bytes);
                try
                {
                    if (Verify(keys).IsIntact) Assert.Equal(expected, Content());
                }
                catch (AuditStoreException e)
                {
                    Assert.StartsWith(Bundle, e.Message, StringComparison.Ordinal);
                }
            },
            iter: 300,
            threads: 1);
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
        _store.EditBody(3, body => body + " ");
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
        Bundled,
        _store.Time);

    private BundleOptions Bundled => new() { Checkpoints = CheckpointFile.Read(Options.File), KeyDirectory = Options.KeyDirectory };

    private VerifyReport Verify(IReadOnlyList<NoteKey>? keys = null) => BundleVerifier.Verify(Bundle, new VerifyOptions { Keys = keys ?? [] }, TestContext.Current.CancellationToken);

    /// <summary>Changes parts as somebody would who has the key.</summary>
    private void Resign(Action change)
    {
        change();
        var manifest = System.Text.Json.Nodes.JsonNode.Parse(Part("manifest.json"))!;
        foreach (var name in manifest["files"]!.AsObject().Select(file => file.Key).ToList())
            manifest["files"]![name] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Part(name))));
        Rewrite("manifest.json", _ => manifest.ToJsonString());
        var text = AuditBundle.TextFor("gw-1", Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        Rewrite("manifest.note", _ => SignedNote.Sign(text, CheckpointKeys.Newest(Options.KeyDirectory, "gw-1").Signer).ToString());
    }

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
