using Gateway.Policy.Evaluation;
using Gateway.Policy.Files;
using Gateway.Policy.Language;

namespace Gateway.Policy.Linting;

/// <summary>
/// Says everything there is to say about policy files before they are loaded: what a load would refuse, what means something else than it seems, and
/// what means nothing.
/// </summary>
public static class PolicyLinter
{
    /// <summary>Reads the files the options name; nothing is thrown for what they hold.</summary>
    public static LintReport Lint(PolicyOptions options, LintOptions? lint = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var sink = new FindingSink(options.Semantics);
        var reading = new List<PolicyFinding>();
        var files = PolicyFiles.Read(options, reading);
        var documents = files.Select(file => (file.Path, file.Content, Rules: DocumentReading.Read(file.Path, file.Content, reading))).ToList();
        foreach (var finding in reading) sink.AddLoaded(finding);
        foreach (var (path, content, _) in documents.Where(document => document.Content.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0))
        {
            sink.Add(path, 0, 0, LintRules.EmptyFile, "the file is empty, so every rule is the default's; restore it if it was cut off, or write a comment if that is meant");
        }

        var suppressions = documents.SelectMany(document => Suppression.Read(document.Path, document.Content)).ToList();
        if (Policy(options, documents, sink) is { } policy)
        {
            new AtomChecks(policy, lint ?? new LintOptions(), sink).Run();
            new ReferenceChecks(policy, sink).Run();
            new MeaningChecks(policy, sink).Run();
        }
        return Suppression.Apply(sink.Findings, suppressions);
    }

    private static LintedPolicy? Policy(PolicyOptions options, List<(string Path, byte[] Content, IReadOnlyList<FileRule> Rules)> documents, FindingSink sink)
    {
        var defaults = options.Defaults == "none" ? [] : ReleaseDefaults.Find(options.Defaults)?.Rules;
        if (defaults is null)
        {
            sink.Add(options.Defaults, 0, 0, LintRules.UnreadableFile, $"there are no defaults `{options.Defaults}`; choose one of {string.Join(", ", ReleaseDefaults.Names)}, none");
            return null;
        }
        var parser = options.NovaAdminFlag ? RuleParser.Nova : RuleParser.Generic;
        var rules = new List<LintedRule>();
        foreach (var (path, content, fileRules) in documents)
        {
            var lines = System.Text.Encoding.UTF8.GetString(content).Split('\n');
            foreach (var rule in fileRules)
            {
                if (parser.ParseValue(rule.Value) is { } check) rules.Add(new LintedRule(rule, check, lines));
                else sink.Add(rule.Origin, -1, rule, LintRules.NotARule, $"rule `{rule.Name}`: `{new LintedRule(rule, new ConstantCheck(false, ConstantOrigin.Malformed), lines).Written}` is no rule; write a text in quotes");
            }
        }
        return new LintedPolicy(options, parser, defaults, rules);
    }
}

/// <summary>A rule of a file, read, with the text it stands in.</summary>
internal sealed record LintedRule(FileRule Rule, Check Check, string[] Lines)
{
    public string Name => Rule.Name;

    /// <summary>Set once something is wrong with the rule as it is written, so that nothing is said about what it would mean.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Set once a check of the rule can never hold because of how it is spelt, so that what it would allow says nothing.</summary>
    public bool IsDoubtful { get; set; }

    /// <summary>What stands in the file for a value that is no text.</summary>
    public string Written
    {
        get
        {
            var origin = Rule.Origin;
            if (origin.Line < 1 || origin.Line > Lines.Length || origin.Column < 1 || origin.Column > Lines[origin.Line - 1].Length) return "";
            var rest = Lines[origin.Line - 1][(origin.Column - 1)..];
            var comment = rest.IndexOf(" #", StringComparison.Ordinal);
            return (comment < 0 ? rest : rest[..comment]).Trim().TrimEnd(',');
        }
    }
}

/// <summary>What the linter works on: the files' rules, the defaults, and the policy they make together.</summary>
internal sealed class LintedPolicy
{
    public LintedPolicy(PolicyOptions options, RuleParser parser, IReadOnlyList<RegisteredDefault> defaults, IReadOnlyList<LintedRule> rules)
    {
        Options = options;
        Parser = parser;
        Defaults = defaults;
        Rules = rules;
        foreach (var rule in rules) Effective[rule.Name] = rule;
        Table = Resolve(Effective.Values);
    }

    public PolicyOptions Options { get; }

    public RuleParser Parser { get; }

    public IReadOnlyList<RegisteredDefault> Defaults { get; }

    /// <summary>All rules of all files, shadowed ones included.</summary>
    public IReadOnlyList<LintedRule> Rules { get; }

    /// <summary>The files' rules in force, by name.</summary>
    public Dictionary<string, LintedRule> Effective { get; } = new(StringComparer.Ordinal);

    public RuleTable Table { get; }

    /// <summary>The table that some of the files' rules make with the defaults.</summary>
    public RuleTable Resolve(IEnumerable<LintedRule> rules) => RuleResolution.Resolve(
        rules.ToDictionary(rule => rule.Name, rule => new ReadRule(rule.Name, rule.Check, rule.Rule.Origin), StringComparer.Ordinal), Defaults, Parser, Options.Defaults, Options);
}
