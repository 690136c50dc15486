using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Audit.Tests;

/// <summary>A store in a directory of its own, removed at the end.</summary>
internal sealed class TemporaryStore : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("audit-").FullName;

    /// <summary>A store of lines.</summary>
    public TemporaryStore()
        : this("audit.jsonl")
    {
    }

    private TemporaryStore(string name)
    {
        Path = System.IO.Path.Combine(_directory, name);
        Options = new AuditLogOptions { Path = Path, StreamId = "gw-1", Observer = Some.Observer() };
    }

    public static TemporaryStore Sqlite() => new("audit.db");

    public string Path { get; }

    public bool IsLines => Path.EndsWith(".jsonl", StringComparison.Ordinal);

    public AuditLogOptions Options { get; set; }

    /// <summary>Stands still unless a test moves it, so no deadline passes by itself.</summary>
    public FakeTimeProvider Time { get; } = new(Some.Time);

    public Task<AuditLog> OpenAsync() => AuditLog.OpenAsync(Options, Time, TestContext.Current.CancellationToken);

    /// <summary>Where its checkpoints are published, and with which keys.</summary>
    public CheckpointerOptions CheckpointerOptions => new() { File = Path + ".checkpoints", KeyDirectory = Path + ".keys", Interval = TimeSpan.FromMinutes(1) };

    public Checkpointer Checkpoint(AuditLog log) => Checkpointer.Start(log, CheckpointerOptions, Time);

    /// <summary>Makes a closed store whose records are: 1 opened, then <paramref name="calls"/> pairs of intent and outcome, then closed.</summary>
    public async Task FillAsync(int calls)
    {
        await using var log = await OpenAsync();
        for (var i = 0; i < calls; i++)
        {
            var intent = Some.Intent() with { RequestId = $"req-{i}" };
            await log.AppendAsync(intent, default);
            await log.AppendAsync(Some.OutcomeOf(intent), default);
        }
    }

    public IReadOnlyList<StoredAuditEvent> ReadAll() => [.. AuditReader.Read(Path, new AuditFilter { Order = AuditOrder.OldestFirst })];

    /// <summary>What a file says of itself.</summary>
    public static LogRow ReadLog(string path)
    {
        if (StoreKind.IsLines(path))
        {
            using var file = LineFile.Open(path);
            return file.ReadLog().Row;
        }

        using var connection = AuditFile.Open(path);
        return AuditFile.ReadLog(connection, path);
    }

    public VerifyReport Verify(VerifyOptions? options = null) => AuditVerifier.Verify(Path, options);

    /// <summary>Holds it to what was published of it.</summary>
    public VerifyReport VerifyPublished() => Verify(new VerifyOptions { Checkpoints = CheckpointFile.Read(CheckpointerOptions.File), Keys = CheckpointKeys.ReadPublic(CheckpointerOptions.KeyDirectory) });

    /// <summary>Changes the lines of the file as somebody would who has it: each without its line feed, each byte a character.</summary>
    public void Edit(Func<List<string>, IEnumerable<string>> change)
    {
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(Path));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        File.WriteAllBytes(Path, Encoding.Latin1.GetBytes(string.Concat(change([.. text[..^1].Split('\n')]).Select(line => line + "\n"))));
    }

    /// <summary>Whether a line is that of a record, or of any.</summary>
    public static bool IsRecord(string line, long? sequence = null) => line.StartsWith($"{{\"sequence\":{(sequence is { } one ? $"{one}," : "")}", StringComparison.Ordinal);

    /// <summary>Changes a record's bytes and nothing else, in either kind of file.</summary>
    public void EditBody(long sequence, Func<string, string> change)
    {
        if (!IsLines)
        {
            Tamper($"UPDATE record SET body = @body WHERE sequence = {sequence}", ("@body", Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(ReadAll().Single(r => r.Sequence == sequence).Bytes.Span)))));
            return;
        }

        Edit(lines => lines.Select(line => IsRecord(line, sequence) ? $"{line[..OtherChain.BodyAt(line)]}{change(line[OtherChain.BodyAt(line)..^1])}}}" : line));
    }

    /// <summary>Cuts the records off after one, and says that the file ends there, as somebody does who knows it.</summary>
    public void CutAfter(long sequence, bool isSealed = false)
    {
        var hashes = ReadAll().Take((int)sequence).Select(r => r.Hash.ToArray()).ToList();
        var peaks = MerkleFrontier.Empty.Append(hashes).ToBytes();
        if (!IsLines)
        {
            Tamper(
                $"DELETE FROM record WHERE sequence > {sequence}; UPDATE log SET head_sequence = {sequence}, head_hash = @hash, head_peaks = @peaks, open_floor = 1, sealed = {(isSealed ? 1 : 0)}",
                ("@hash", hashes[^1]),
                ("@peaks", peaks));
            return;
        }

        var head = LogLine.Head(new LineHead(new ChainHead(sequence, hashes[^1]), peaks, OpenFloor: 1, Newest: 0, isSealed, Holder: null));
        Edit(lines => [.. lines.Take(lines.FindIndex(line => IsRecord(line, sequence)) + 1), "", Encoding.UTF8.GetString(head)[..^1]]);
    }

    /// <summary>Changes the SQLite file as somebody would who has it: past the triggers.</summary>
    public void Tamper(string sql, params (string Name, object Value)[] parameters)
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        var triggers = Triggers(connection);
        command.CommandText = "PRAGMA synchronous = OFF; DROP TRIGGER record_is_never_updated; DROP TRIGGER record_is_never_deleted;" + sql + ";" + string.Join(';', triggers);
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static List<string> Triggers(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sql FROM sqlite_schema WHERE type = 'trigger'";
        using var reader = command.ExecuteReader();
        var triggers = new List<string>();
        while (reader.Read()) triggers.Add(reader.GetString(0));
        return triggers;
    }
}
