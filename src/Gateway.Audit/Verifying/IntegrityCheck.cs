using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gateway.Audit;

/// <summary>
/// SQLite's own check of a file, for damage that no record shows: an index that hides rows, pages out of order. It reads the whole file, so it runs beside the
/// reading of the records, with a connection of its own.
/// </summary>
internal sealed class IntegrityCheck : IDisposable
{
    private readonly SqliteConnection _file;
    private readonly SqliteConnection _own;
    private readonly long _version;
    private readonly CancellationTokenSource _over = new();
    private readonly Task<string> _result;

    private IntegrityCheck(SqliteConnection file, SqliteConnection own)
    {
        (_file, _own) = (file, own);
        _version = Version();
        // A thread of its own: the pool's are for the records.
        _result = Task.Factory.StartNew(() => Result(own), _over.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <param name="path">The file.</param>
    /// <param name="file">A connection to it, by which to see whether it was written meanwhile.</param>
    public static IntegrityCheck Begin(string path, SqliteConnection file) => new(file, AuditFile.Open(path));

    /// <summary>What it found in the file as it is now.</summary>
    /// <exception cref="SqliteException">The file cannot be read.</exception>
    public VerifyFinding? End()
    {
        var result = _result.GetAwaiter().GetResult();

        // What was written since it began, it has not seen.
        if (result == "ok" && Version() != _version) result = Result(_file);
        return result == "ok" ? null : new VerifyFinding(VerifyProblem.StoreDamaged, Sequence: null, $"every record holds, but the file is damaged: {result}");
    }

    public void Dispose()
    {
        // Nobody waits for it to the end when something else was found before.
        _over.Cancel();
        raw.sqlite3_interrupt(_own.Handle!);
        ((IAsyncResult)_result).AsyncWaitHandle.WaitOne();
        _ = _result.Exception;
        _own.Dispose();
        _over.Dispose();
    }

    private static string Result(SqliteConnection connection)
    {
        using var check = new SqliteStatement(connection, "PRAGMA integrity_check(1)");
        return check.Step() ? check.Text(0) ?? "" : "no answer";
    }

    /// <summary>Another number after each change that another connection made.</summary>
    private long Version()
    {
        using var version = new SqliteStatement(_file, "PRAGMA data_version");
        version.Step();
        return version.Int64(0);
    }
}
