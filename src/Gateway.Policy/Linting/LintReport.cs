namespace Gateway.Policy.Linting;

/// <summary>What the linter found, in the order of files and lines.</summary>
/// <param name="Findings">What counts, each with a code of <see cref="LintRules"/>.</param>
/// <param name="Suppressed">What comments in the files took out, each with its reason.</param>
public sealed record LintReport(IReadOnlyList<PolicyFinding> Findings, IReadOnlyList<SuppressedFinding> Suppressed)
{
    /// <summary>Whether there is anything to correct; notes are only worth knowing.</summary>
    public bool IsClean => Findings.All(finding => finding.Severity == Severity.Note);
}

/// <summary>A finding that a comment in the file suppresses.</summary>
public sealed record SuppressedFinding(PolicyFinding Finding, string Reason);
