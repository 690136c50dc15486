using System.CommandLine;
using Gateway.Policy.Linting;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy fmt</c>: rewrites policy files in their canonical form, comments kept.</summary>
internal static class PolicyFmtCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = new Argument<string[]>("files") { Description = "The files to rewrite. Without any: policies/policy.yaml.", Arity = ArgumentArity.ZeroOrMore };
        var check = new Option<bool>("--check") { Description = "Write nothing; fail when a file is not in canonical form." };
        var command = new Command("fmt", "Rewrite policy files in canonical form: a rule a line, in double quotes, comments kept.") { files, check };
        command.SetAction(parsed =>
        {
            var paths = PolicyPlaces.Files(terminal, parsed.GetValue(files));
            if (paths.Count == 0) throw new CommandFault(ExitCode.Usage, "there is no policies/policy.yaml here: name the files to format");
            var isClean = true;
            foreach (var path in paths)
            {
                var content = Read(terminal, path);
                var rewritten = RuleFile.Format(path, content);
                foreach (var finding in rewritten.Findings) terminal.Error.WriteLine(Printable.Of(finding.ToString()));
                isClean &= rewritten.Findings.Count == 0;
                if (rewritten.Text is not { } text || System.Text.Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(content)) continue;
                terminal.Out.WriteLine(Printable.Of(parsed.GetValue(check) ? $"{path}: not in canonical form; run `gatewayctl policy fmt`" : $"{path}: rewritten"));
                if (parsed.GetValue(check)) isClean = false;
                else Write(terminal, path, text);
            }
            return isClean ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    public static byte[] Read(Terminal terminal, string path)
    {
        try
        {
            return File.ReadAllBytes(terminal.Resolve(path));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, $"{path}: the file cannot be read: {terminal.Shown(fault.Message.ReplaceLineEndings(" "))}");
        }
    }

    /// <summary>Writes beside the file and moves over it, so that a gateway that reads it meanwhile sees one or the other.</summary>
    public static void Write(Terminal terminal, string path, string text)
    {
        var whole = terminal.Resolve(path);
        // The leading dot keeps a policy directory from loading it.
        var beside = Path.Combine(Path.GetDirectoryName(whole)!, $".{Path.GetFileName(whole)}.{Environment.ProcessId}");
        try
        {
            File.WriteAllText(beside, text);
            File.Move(beside, whole, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, $"{path}: the file cannot be written: {terminal.Shown(fault.Message.ReplaceLineEndings(" "))}");
        }
    }
}
