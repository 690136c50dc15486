using Gateway.Policy.Evaluation;
using Gateway.Policy.Files;

namespace Gateway.Policy.Linting;

/// <summary>A finding, and the line of the rule's name, to which a suppression may be tied as well.</summary>
internal sealed record PlacedFinding(PolicyFinding Finding, int NameLine);

/// <summary>Collects findings. What a strict load refuses is an error; under the original's semantics it is loaded, and the same finding is a warning.</summary>
internal sealed class FindingSink(Semantics semantics)
{
    private static readonly Dictionary<string, string> LoadCodes = new(StringComparer.Ordinal)
    {
        ["unreadable-file"] = LintRules.UnreadableFile,
        ["yaml-syntax"] = LintRules.BrokenFile,
        ["not-a-mapping"] = LintRules.BrokenFile,
        ["duplicate-key"] = LintRules.DuplicateRule,
        ["non-string-name"] = LintRules.NonStringName,
        ["editor-backup"] = LintRules.StrayFile,
        ["foreign-file"] = LintRules.StrayFile,
    };

    public List<PlacedFinding> Findings { get; } = [];

    /// <summary>A finding of the file reader, under the linter's code.</summary>
    public void AddLoaded(PolicyFinding finding)
    {
        var code = LoadCodes.GetValueOrDefault(finding.Code, LintRules.BrokenFile);
        Findings.Add(new PlacedFinding(finding with { Code = code }, finding.Line));
    }

    public void Add(string file, int line, int column, string code, string message) => Add(file, line, column, line, code, message);

    public void Add(RuleOrigin origin, int offset, FileRule rule, string code, string message)
    {
        var column = origin.IsVerbatim && offset > 0 ? origin.Column + offset : origin.Column;
        Add(origin.File, origin.Line, column, rule.NameOrigin.Line, code, message);
    }

    private void Add(string file, int line, int column, int nameLine, string code, string message)
    {
        var severity = LintRules.Find(code)!.Severity;
        // Whole files and names are refused under either semantics.
        if (severity == Severity.Error && semantics == Semantics.Oslo && string.CompareOrdinal(code, LintRules.BareExclamation) >= 0) severity = Severity.Warning;
        Findings.Add(new PlacedFinding(new PolicyFinding(file, line, column, code, severity, message), nameLine));
    }
}
