namespace Gateway.Cli.Tests;

/// <summary>How a command is told of a database; that it reads one is tested end to end.</summary>
public sealed class PostgresConnectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Terminal Terminal(params (string Name, string Value)[] variables) =>
        new(TextWriter.Null, TextWriter.Null, variables.ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal), _folder.Path);

    [Fact]
    public void A_service_is_read_from_the_connection_service_file()
    {
        _folder.Write("services", "[other]\nhost=elsewhere\n\n[audit]\n# ours\nhost=db.example\nport=5433\ndbname=records\nuser=auditor\nsslmode=verify-full\npassfile=/etc/pass\n[last]\nhost=nowhere\n");

        Assert.Equal(
            "Host=db.example;Port=5433;Database=records;Username=auditor;SSL Mode=VerifyFull;Passfile=/etc/pass",
            PostgresConnection.OfCommandLine("service=audit", Terminal(("PGSERVICEFILE", _folder.File("services")))));
    }

    [Theory]
    [InlineData("service=none", "no service `none`")]
    [InlineData("service=odd", "service `odd`: `target_session_attrs` is not known here; known are host, hostaddr, port, dbname, user, password, passfile, sslmode, sslrootcert, sslcert, sslkey, application_name")]
    [InlineData("service=bad", "service `bad`: `port` cannot be used")]
    public void A_service_that_cannot_be_used_is_refused(string text, string problem)
    {
        _folder.Write("services", "[odd]\ntarget_session_attrs=any\n[bad]\nport=far\n");
        var fault = Assert.Throws<CommandFault>(() => PostgresConnection.OfCommandLine(text, Terminal(("PGSERVICEFILE", _folder.File("services")))));
        Assert.Equal($"{_folder.File("services")}: {problem}", fault.Message);
    }

    [Fact]
    public async Task A_password_on_the_command_line_is_refused_and_not_repeated()
    {
        var run = await Run.OfAsync(_folder, ["audit", "list", "--store", "Host=db.example;Username=auditor;Password=hidden"]);
        Assert.Equal(
            (2, "gatewayctl audit list: --store: a password on the command line can be read by others on this machine: set PGPASSWORD, or use a password file (PGPASSFILE, `Passfile=`) or a service\n"),
            (run.ExitCode, run.Errors));
    }

    [Theory]
    [InlineData("audit search")]
    [InlineData("audit show 1")]
    [InlineData("audit tail")]
    [InlineData("audit stats")]
    [InlineData("audit proof 1")]
    [InlineData("audit export out.zip")]
    [InlineData("audit verify")]
    [InlineData("audit migrate")]
    public async Task What_is_neither_a_file_nor_a_database_is_refused_without_its_text(string command)
    {
        var run = await Run.OfAsync(_folder, [.. command.Split(' '), "--store", "Hots=db.example;Pwd=hidden"]);
        Assert.Equal(2, run.ExitCode);
        Assert.EndsWith(
            ": --store: neither a file nor a connection string: write one such as `Host=db.example;Database=audit;Username=auditor`, or `service=NAME`\n", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_named_without_credentials()
    {
        var run = await Run.OfAsync(_folder, ["audit", "list"], (AuditStoreOption.Variable, "Host=127.0.0.1;Port=1;Database=records;Username=auditor;Password=hidden;Timeout=2"));
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("gatewayctl audit list: postgresql://127.0.0.1:1/records: cannot be read: ", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", run.Errors, StringComparison.Ordinal);
    }
}
