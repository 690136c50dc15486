using Gateway.Compute.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Tests.Storage;

public sealed class ComputeDatabaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("compute-").FullName;

    private string File => Path.Combine(_folder, "deep", "compute.db");

    [Fact]
    public void Belongs_to_one_service_at_a_time()
    {
        using (ComputeDatabase.Open(File, TimeProvider.System))
        {
            var refused = Assert.Throws<ComputeSettingsException>(() => ComputeDatabase.Open(File, TimeProvider.System));
            Assert.Equal(
                $"DatabasePath: `{File}` cannot be used: The process cannot access the file '{File}.lock' because it is being used by another process. "
                + "Stop the service that holds it, or name another file",
                Assert.Single(refused.Problems));
        }

        ComputeDatabase.Open(File, TimeProvider.System).Dispose();
    }

    [Fact]
    public void Refuses_a_file_that_is_no_database()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, new string('x', 5000));

        var refused = Assert.Throws<ComputeSettingsException>(() => ComputeDatabase.Open(File, TimeProvider.System));

        Assert.Equal(
            $"DatabasePath: `{File}` cannot be opened: SQLite Error 26: 'file is not a database'. Name another file, or restore this one",
            Assert.Single(refused.Problems));
    }

    [Fact]
    public void Refuses_a_file_of_a_later_version()
    {
        ComputeDatabase.Open(File, TimeProvider.System).Dispose();
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "pragma user_version = 7";
            command.ExecuteNonQuery();
        }

        var refused = Assert.Throws<ComputeSettingsException>(() => ComputeDatabase.Open(File, TimeProvider.System));

        Assert.Equal(
            $"DatabasePath: `{File}` has schema version 7, this program knows 1: use the program that wrote it, or name another file",
            Assert.Single(refused.Problems));
    }

    [Fact]
    public void Keeps_nothing_of_a_refused_or_failed_write()
    {
        using var database = ComputeDatabase.Open(File, TimeProvider.System);

        Assert.False(database.Write(
            session =>
            {
                session.Hosts.EnsureExists("refused");
                return false;
            },
            kept => kept));
        Assert.Throws<InvalidOperationException>(() => database.Write<bool>(session =>
        {
            session.Hosts.EnsureExists("failed");
            throw new InvalidOperationException();
        }));

        Assert.Empty(database.Read(session => session.Hosts.List()));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
