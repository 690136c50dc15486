using System.CommandLine;

namespace Gateway.Cli;

/// <summary>The program: the list of its commands, and how a command line becomes an exit code.</summary>
internal static class GatewayCtl
{
    /// <summary>Every command, one line each; a command's own file says the rest.</summary>
    internal static RootCommand Commands(Terminal terminal) => new("The command line of Compute Gateway.")
    {
        new Command("token", "Tokens of the identity service.")
        {
            TokenIssueCommand.Create(terminal),
            TokenShowCommand.Create(terminal),
        },
        WhoAmICommand.Create(terminal),
        new Command("audit", "The audit record.")
        {
            AuditListCommand.Create(terminal),
            AuditSearchCommand.Create(terminal),
            AuditShowCommand.Create(terminal),
            AuditTailCommand.Create(terminal),
            AuditStatsCommand.Create(terminal),
            AuditVerifyCommand.Create(terminal),
            AuditProofCommand.Create(terminal),
            AuditExportCommand.Create(terminal),
            AuditMigrateCommand.Create(terminal),
            AuditRotateKeyCommand.Create(terminal),
        },
        PolicyCommand.Create(terminal),
        ApiCommand.Create(terminal),
        new Command("casbin", "The engine by itself: Casbin's own models and policies.")
        {
            CasbinEnforceCommand.Create(terminal),
        },
        LimitsCommand.Create(terminal),
        StatusCommand.Create(terminal),
    };

    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal)
    {
        // No response files: a password may begin with `@`.
        var parsed = Commands(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var name = NameOf(parsed);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) terminal.Error.WriteLine($"{name}: {error.Message}");
            terminal.Error.WriteLine($"see `{name} --help`");
            return ExitCode.Usage;
        }

        try
        {
            var configuration = new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false };
            return await parsed.InvokeAsync(configuration);
        }
        catch (CommandFault fault)
        {
            foreach (var problem in fault.Problems) terminal.Error.WriteLine($"{name}: {problem}");
            return fault.ExitCode;
        }
        catch (Audit.AuditStoreException fault)
        {
            terminal.Error.WriteLine($"{name}: {fault.Message}");
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }

    private static string NameOf(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
            names.Add(result.Command is RootCommand ? "gatewayctl" : result.Command.Name);
        names.Reverse();
        return string.Join(' ', names);
    }
}
