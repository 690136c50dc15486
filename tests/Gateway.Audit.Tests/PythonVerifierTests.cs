using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace Gateway.Audit.Tests;

/// <summary>The script beside the format's description, which knows nothing of our program, comes to the same answers.</summary>
public abstract class PythonVerifierTests : IAsyncLifetime
{
    private readonly TemporaryStore _store;

    private protected PythonVerifierTests(TemporaryStore store) => _store = store;

    private CheckpointerOptions Options => new() { File = _store.Path + ".checkpoints", KeyDirectory = _store.Path + ".keys" };

    private string FirstKey => Path.Combine(Options.KeyDirectory, "key-1.pub");

    /// <summary>Several segments, several checkpoints, two keys.</summary>
    public async ValueTask InitializeAsync()
    {
        _store.Options = _store.Options with { SegmentBytes = 150_000, MaxBatch = 4 };
        for (var round = 0; round < 2; round++)
        {
            await using var log = await _store.OpenAsync();
            await using var checkpointer = Checkpointer.Start(log, Options, _store.Time);
            for (var i = 0; i < 300; i++) await log.AppendAsync(Some.Refusal(), default);
            await checkpointer.MakeAsync(TestContext.Current.CancellationToken);
            if (round == 0) CheckpointKeys.Rotate(Options.KeyDirectory, "gw-1");
        }

        Assert.NotEmpty(AuditSegments.Sealed(_store.Path));
        Assert.Null(_store.Verify(new VerifyOptions { Checkpoints = CheckpointFile.Read(Options.File), Keys = CheckpointKeys.ReadPublic(FirstKey) }).Finding);
    }

    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Verifies_a_store_with_all_its_segments_from_the_first_key_on()
    {
        var run = await VerifyStoreAsync();
        Assert.Equal((0, $"{_store.ReadAll().Count} records hold, held to {CheckpointFile.Read(Options.File).Count} checkpoints\n"), run);
    }

    [Fact]
    public async Task Names_a_record_that_was_edited()
    {
        long sequence;
        await using (var log = await _store.OpenAsync())
            while (log.Status.Sequence <= (sequence = AuditSegments.Sealed(_store.Path)[^1].Last + 3)) await log.AppendAsync(Some.Refusal(), default);
        _store.EditBody(sequence, body => body + " ");
        Assert.Equal((1, $"{_store.Path}: record {sequence} does not hold\n"), await VerifyStoreAsync());
    }

    [Fact]
    public async Task Misses_a_checkpoint_that_was_taken_out_and_a_signature_that_was_forged()
    {
        var notes = CheckpointFile.Read(Options.File);
        Publish(notes.Where((_, i) => i != 1));
        Assert.Equal((1, "checkpoint 3 does not follow checkpoint 1\n"), await VerifyStoreAsync());
        Publish(notes.Select(note => SignedNote.Sign(SignedNote.Parse(note).Text, NoteSigner.Create("compute-gateway/audit/gw-1")).ToString()));
        Assert.Equal((1, "checkpoint 1 is not signed by a key that counts\n"), await VerifyStoreAsync());
    }

    [Fact]
    public async Task Misses_a_sealed_file_at_either_end()
    {
        var all = AuditSegments.All(_store.Path);
        var dropped = AuditSegments.Sealed(_store.Path)[0].Last;
        Assert.Equal((1, $"records 1 to {dropped} are not there, and no record says that they were dropped\n"), await VerifyStoreAsync([.. all.Skip(1)]));
        var last = AuditSegments.Sealed(_store.Path)[^1];
        Assert.Equal((1, $"{last.Path}: is sealed: the file that goes on from record {last.Last} is missing\n"), await VerifyStoreAsync([.. all.SkipLast(1)]));
    }

    [Fact]
    public async Task Takes_a_record_of_dropped_files_only_when_a_checkpoint_is_over_it()
    {
        var dropped = AuditSegments.Sealed(_store.Path)[0];
        var row = TemporaryStore.ReadLog(dropped.Path);
        var part = new DroppedPart(1, dropped.Last, row.Head.Hash, row.Tree.Root);
        await using (var log = await _store.OpenAsync()) await log.AppendAsync(new OwnRecords(Some.Observer(), _store.Time).Dropped("gw-1", part, Path.GetFileName(dropped.Path)), default);
        string[] left = [.. AuditSegments.All(_store.Path).Skip(1)];
        Assert.Matches($"^records 1 to {dropped.Last} are not there; record [0-9]+ says that they were dropped, but no checkpoint is over it\n$", (await VerifyStoreAsync(left)).Output);

        await using (var log = await _store.OpenAsync())
        await using (Checkpointer.Start(log, Options, _store.Time))
        {
        }

        Assert.Equal(0, (await VerifyStoreAsync(left)).ExitCode);
    }

    [Fact]
    public async Task Misses_published_checkpoints_that_the_record_does_not_have_and_recorded_ones_out_of_order()
    {
        var notes = CheckpointFile.Read(Options.File);
        var last = RecordProof.CheckpointOf(notes[^1]);
        var (_, signer) = CheckpointKeys.Newest(Options.KeyDirectory, "gw-1");
        var more = last with { Number = last.Number + 1, Previous = SignedNote.Parse(notes[^1]).Digest, NewKey = null };
        Publish([.. notes, SignedNote.Sign(more.ToText(), signer).ToString()]);
        Assert.Equal((1, $"the log ends at {_store.ReadAll().Count}, checkpoint {more.Number} is not in it\n"), await VerifyStoreAsync());

        Publish(notes);
        await using (var log = await _store.OpenAsync())
        {
            var again = SignedNote.Sign((more with { Number = last.Number + 2 }).ToText(), signer).ToString();
            await log.AppendAsync(new OwnRecords(Some.Observer(), _store.Time).Checkpoint("gw-1", new CheckpointRecord(again, []), last.Size), default);
        }

        Assert.Matches($"^checkpoint {last.Number + 2} in record [0-9]+ does not follow the one before\n$", (await VerifyStoreAsync()).Output);
    }

    [Fact]
    public async Task Refuses_a_file_that_holds_anything_but_checkpoints()
    {
        File.WriteAllText(Options.File, File.ReadAllText(Options.File).Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal((1, $"{Options.File}: after 0 checkpoints stands something that is none\n"), await VerifyStoreAsync());
    }

    [Fact]
    public async Task Verifies_a_bundle_and_finds_an_edit_in_it()
    {
        var bundle = _store.Path + ".zip";
        AuditBundle.Write(
            AuditSource.Of(_store.Path),
            bundle,
            AuditReader.Read(_store.Path, new AuditFilter { Order = AuditOrder.OldestFirst }).Where(stored => stored.Sequence is > 20 and < 60),
            new BundleOptions { Checkpoints = CheckpointFile.Read(Options.File), KeyDirectory = Options.KeyDirectory },
            _store.Time);
        Assert.Equal((0, "39 events hold\n"), await RunAsync("--keys", FirstKey, bundle));
        Assert.Equal((5, "39 events hold; the keys are the own keys of the bundle: it is of one piece, and anybody may have made it\n"), await RunAsync("--own-keys", bundle));
        Assert.StartsWith("name the keys that count with --keys", (await RunAsync(bundle)).Output, StringComparison.Ordinal);

        using (var zip = ZipFile.Open(bundle, ZipArchiveMode.Update))
        {
            string text;
            using (var reader = new StreamReader(zip.GetEntry("events.jsonl")!.Open())) text = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Replace("u-alice", "u-alicf", StringComparison.Ordinal);
            zip.GetEntry("events.jsonl")!.Delete();
            await using var writer = new StreamWriter(zip.CreateEntry("events.jsonl").Open());
            await writer.WriteAsync(text);
        }

        Assert.Equal((1, "event 21 was edited\n"), await RunAsync("--keys", FirstKey, bundle));

        using (var zip = ZipFile.Open(bundle, ZipArchiveMode.Update)) zip.CreateEntry("events.jsonl");
        Assert.Equal((1, "events.jsonl stands in the bundle twice\n"), await RunAsync("--keys", FirstKey, bundle));
    }

    private void Publish(IEnumerable<string> notes)
    {
        var all = notes.ToList();
        File.Delete(Options.File);
        foreach (var note in all) CheckpointFile.Append(Options.File, note, -1);
    }

    private Task<(int ExitCode, string Output)> VerifyStoreAsync(string[]? files = null) =>
        RunAsync(["--checkpoints", Options.File, "--keys", FirstKey, .. files ?? AuditSegments.All(_store.Path)]);

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("python3", [Script(), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        output += await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }

    private static string Script([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../../docs/verify_audit.py");
}

public sealed class LinePythonVerifierTests() : PythonVerifierTests(new TemporaryStore());

public sealed class SqlitePythonVerifierTests() : PythonVerifierTests(TemporaryStore.Sqlite());
