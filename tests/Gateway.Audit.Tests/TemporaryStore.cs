using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Audit.Tests;

/// <summary>A store in a directory of its own, removed at the end.</summary>
internal sealed class TemporaryStore : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("audit-").FullName;

    public TemporaryStore()
    {
        Path = System.IO.Path.Combine(_directory, "audit.db");
        Options = new AuditLogOptions { Path = Path, StreamId = "gw-1", Observer = Some.Observer() };
    }

    public string Path { get; }

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

    public VerifyReport Verify(VerifyOptions? options = null) => AuditVerifier.Verify(Path, options);

    /// <summary>Holds it to what was published of it.</summary>
    public VerifyReport VerifyPublished() => Verify(new VerifyOptions { Checkpoints = CheckpointFile.Read(CheckpointerOptions.File), Keys = CheckpointKeys.ReadPublic(CheckpointerOptions.KeyDirectory) });

    /// <summary>Changes the file as somebody would who has it: past the triggers.</summary>
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
