using Gateway.Policy;
using Gateway.Policy.Analysis;
using Gateway.Policy.Testing;

namespace Gateway.Cli;

/// <summary>Where the policy commands look for files that nobody names, how they show paths, and how faults of their libraries end them.</summary>
internal static class PolicyPlaces
{
    private const string Folder = "policies";

    private static readonly string[] Usual = [Path.Combine(Folder, "policy.yaml"), Path.Combine(Folder, "policy.json")];

    /// <summary>The files that were named, or <c>policies/policy.yaml</c> (or <c>.json</c>) of the working directory if it is there.</summary>
    public static IReadOnlyList<string> Files(Terminal terminal, IReadOnlyList<string>? named)
    {
        if (named is { Count: > 0 }) return named;
        return [.. Usual.Where(path => File.Exists(terminal.Resolve(path))).Take(1)];
    }

    public static string Personas(Terminal terminal, string? named) => terminal.Resolve(named ?? Path.Combine(Folder, "personas.yaml"));

    public static string Cases(Terminal terminal) => terminal.Resolve(Path.Combine(Folder, "cases"));

    /// <summary>Text with paths below the working directory made relative to it, and safe to print.</summary>
    public static string Shown(this Terminal terminal, string text) => Printable.Of(text.Replace(terminal.WorkingDirectory.TrimEnd('/') + "/", "", StringComparison.Ordinal));

    /// <summary>What a policy is made of, for a headline.</summary>
    public static string Describe(Terminal terminal, PolicyOptions options)
    {
        IEnumerable<string> paths = [.. options.FurtherFiles, .. options.PolicyDirectories];
        var files = string.Join(", ", paths.Select(terminal.Shown));
        return files.Length == 0 ? $"the defaults `{options.Defaults}`" : $"{files} over `{options.Defaults}`";
    }

    /// <summary>Runs a command's work.</summary>
    /// <exception cref="CommandFault">A file of cases cannot be read, or a rule cannot be analysed.</exception>
    public static int Run(Terminal terminal, Func<int> work)
    {
        try
        {
            return work();
        }
        catch (CaseFileException fault)
        {
            throw new CommandFault(ExitCode.Usage, [.. fault.Problems.Select(terminal.Shown)]);
        }
        catch (PolicyAnalysisException fault)
        {
            throw new CommandFault(ExitCode.Failed, Printable.Of(fault.Message));
        }
    }
}
