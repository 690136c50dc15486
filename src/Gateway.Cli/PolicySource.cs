using System.CommandLine;
using Gateway.Policy;

namespace Gateway.Cli;

/// <summary>The options that say which policy is meant, the same for every policy command.</summary>
internal sealed class PolicySource
{
    private readonly Terminal _terminal;
    private readonly bool _hasFiles;

    private PolicySource(Terminal terminal, bool hasFiles)
    {
        _terminal = terminal;
        _hasFiles = hasFiles;
        Semantics = SemanticsOption();
    }

    public Option<string[]> Files { get; } = new("--policy")
    {
        Description = "The operator's rules: files, and directories of files; later ones win.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<string> Defaults { get; } = new("--defaults")
    {
        Description = $"The default rules: {string.Join(", ", ReleaseDefaults.Names)}, or none.",
        HelpName = "RELEASE",
        DefaultValueFactory = _ => "seed",
    };

    public Option<string> DefaultRule { get; } = new("--default-rule")
    {
        Description = "The rule that stands in for actions without one.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "default",
    };

    public Option<string[]> Guards { get; } = new("--guards")
    {
        Description = "Rules that guard something beyond the release's own API, as a vendor's extension does.",
        HelpName = "RULE",
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<Semantics> Semantics { get; }

    public Option<bool> IgnoreScope { get; } = new("--ignore-scope") { Description = "Do not hold tokens to the scope types of a rule." };

    public Option<bool> OldDefaults { get; } = new("--old-defaults") { Description = "Let deprecated defaults count beside the new ones." };

    public static PolicySource Create(Terminal terminal) => new(terminal, hasFiles: true);

    /// <summary>For commands that name the files as their arguments.</summary>
    public static PolicySource WithoutFiles(Terminal terminal) => new(terminal, hasFiles: false);

    public void AddTo(Command command)
    {
        if (_hasFiles) command.Options.Add(Files);
        command.Options.Add(Defaults);
        command.Options.Add(DefaultRule);
        command.Options.Add(Guards);
        command.Options.Add(Semantics);
        command.Options.Add(IgnoreScope);
        command.Options.Add(OldDefaults);
    }

    public bool IsGiven(ParseResult parsed) => parsed.GetResult(Files) is { Implicit: false } || parsed.GetResult(Defaults) is { Implicit: false };

    public PolicyOptions Options(ParseResult parsed, IReadOnlyList<string>? files = null)
    {
        var paths = (files ?? parsed.GetValue(Files) ?? []).Select(_terminal.Resolve).ToList();
        return new PolicyOptions
        {
            FurtherFiles = [.. paths.Where(path => !Directory.Exists(path))],
            PolicyDirectories = [.. paths.Where(Directory.Exists)],
            Defaults = parsed.GetValue(Defaults)!,
            DefaultRule = parsed.GetValue(DefaultRule)!,
            FurtherActions = parsed.GetValue(Guards) ?? [],
            Semantics = parsed.GetValue(Semantics),
            EnforceScope = !parsed.GetValue(IgnoreScope),
            EnforceNewDefaults = !parsed.GetValue(OldDefaults),
        };
    }

    /// <summary>Loads the policy; with errors the command ends, naming every one.</summary>
    public PolicySet Load(ParseResult parsed, IReadOnlyList<string>? files = null) => Load(Options(parsed, files));

    public static PolicySet Load(PolicyOptions options)
    {
        var loaded = PolicySet.Load(options);
        return loaded.Set ?? throw new CommandFault(ExitCode.Usage, [.. loaded.Findings.Select(finding => finding.ToString())]);
    }

    internal static Option<Semantics> SemanticsOption() => new("--semantics")
    {
        Description = "strict (never allows by what could not be evaluated) or oslo (the original's answers)",
        HelpName = "strict|oslo",
        DefaultValueFactory = _ => Policy.Semantics.Strict,
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "strict": return Policy.Semantics.Strict;
                case "oslo": return Policy.Semantics.Oslo;
                default:
                    result.AddError($"--semantics: no semantics `{result.Tokens[0].Value}`: write `strict` or `oslo`");
                    return default;
            }
        },
    };
}
