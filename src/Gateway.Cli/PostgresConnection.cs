using Npgsql;

namespace Gateway.Cli;

/// <summary>
/// How a command is told of a database: an Npgsql connection string, or <c>service=NAME</c> for one of the connection service file that PostgreSQL's own programs read.
/// Passwords come from where theirs do: <c>PGPASSWORD</c>, the password file, or the service.
/// </summary>
internal static class PostgresConnection
{
    private static readonly Dictionary<string, string> Keys = new(StringComparer.Ordinal)
    {
        ["host"] = "Host",
        ["hostaddr"] = "Host",
        ["port"] = "Port",
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["password"] = "Password",
        ["passfile"] = "Passfile",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["application_name"] = "Application Name",
    };

    /// <summary>It is meant to be a database and not a file.</summary>
    public static bool IsOne(string text) => text.Contains('=', StringComparison.Ordinal) && !File.Exists(text);

    /// <exception cref="CommandFault">It is no database, or holds a password, which other users of the machine could read.</exception>
    public static string OfCommandLine(string text, Terminal terminal)
    {
        var parts = Parse(text, "--store");
        return parts.Password is null
            ? Read(text, terminal, "--store")
            : throw new CommandFault(ExitCode.Usage, "--store: a password on the command line can be read by others on this machine: set PGPASSWORD, or use a password file (PGPASSFILE, `Passfile=`) or a service");
    }

    /// <param name="place">Where the text came from, for messages.</param>
    /// <exception cref="CommandFault">It is no database.</exception>
    public static string Read(string text, Terminal terminal, string place)
    {
        if (text.StartsWith("service=", StringComparison.OrdinalIgnoreCase)) return Service(text["service=".Length..].Trim(), terminal);
        Parse(text, place);
        return text;
    }

    private static NpgsqlConnectionStringBuilder Parse(string text, string place)
    {
        if (text.StartsWith("service=", StringComparison.OrdinalIgnoreCase)) return [];
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            // The text is not repeated: it may hold a password.
            throw new CommandFault(ExitCode.Usage, $"{place}: neither a file nor a connection string: write one such as `Host=db.example;Database=audit;Username=auditor`, or `service=NAME`");
        }
    }

    /// <summary>Reads one section of the connection service file.</summary>
    private static string Service(string name, Terminal terminal)
    {
        var file = terminal.Variable("PGSERVICEFILE") ?? Path.Combine(terminal.Variable("HOME") ?? "", ".pg_service.conf");
        string[] lines;
        try
        {
            lines = File.ReadAllLines(terminal.Resolve(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, $"{file}: the connection service file cannot be read: {e.Message}");
        }

        var section = lines.Select(line => line.Trim()).SkipWhile(line => line != $"[{name}]").Skip(1).TakeWhile(line => !line.StartsWith('['));
        if (!lines.Any(line => line.Trim() == $"[{name}]")) throw new CommandFault(ExitCode.Usage, $"{file}: no service `{name}`");
        var builder = new NpgsqlConnectionStringBuilder();
        foreach (var line in section.Where(line => line.Length > 0 && line[0] != '#'))
        {
            var (key, value) = line.Split('=', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : (line, "");
            if (!Keys.TryGetValue(key, out var known))
                throw new CommandFault(ExitCode.Usage, $"{file}: service `{name}`: `{key}` is not known here; known are {string.Join(", ", Keys.Keys)}");
            try
            {
                builder[known] = known == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
            }
            catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
            {
                throw new CommandFault(ExitCode.Usage, $"{file}: service `{name}`: `{key}` cannot be used");
            }
        }

        return builder.ToString();
    }
}
