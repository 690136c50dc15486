using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Policy.Linting;

/// <summary>
/// A comment <c># gatewayctl:disable=OP032 reason</c> that takes findings out, on the line of the rule or alone on a line above it.
/// </summary>
/// <param name="Line">The line of the comment, from 1.</param>
/// <param name="Covers">The line whose findings it takes out.</param>
internal sealed partial record Suppression(string File, int Line, int Column, int Covers, IReadOnlyList<string> Codes, string Reason)
{
    public static IEnumerable<Suppression> Read(string file, byte[] content)
    {
        var lines = Encoding.UTF8.GetString(content).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var match = CommentPattern().Match(lines[i]);
            if (!match.Success) continue;
            var covers = i;
            if (IsComment(lines[i]))
            {
                while (covers < lines.Length - 1 && (IsComment(lines[covers]) || lines[covers].Trim().Length == 0)) covers++;
            }
            yield return new Suppression(file, i + 1, match.Index + 1, covers + 1, match.Groups["codes"].Value.Split(','), match.Groups["reason"].Value.Trim());
        }
    }

    private static bool IsComment(string line) => line.AsSpan().TrimStart().StartsWith("#");

    public static LintReport Apply(IReadOnlyList<PlacedFinding> findings, IReadOnlyList<Suppression> suppressions)
    {
        var kept = new List<PolicyFinding>();
        var suppressed = new List<SuppressedFinding>();
        var used = new HashSet<(Suppression, string)>();
        foreach (var placed in findings)
        {
            var finding = placed.Finding;
            var suppression = suppressions.FirstOrDefault(one => one.Reason.Length > 0 && one.File == finding.File
                && (one.Covers == finding.Line || one.Covers == placed.NameLine) && one.Codes.Contains(finding.Code, StringComparer.Ordinal));
            if (suppression is null || LintRules.Find(finding.Code) is not { CanBeSuppressed: true })
            {
                kept.Add(finding);
                continue;
            }
            used.Add((suppression, finding.Code));
            suppressed.Add(new SuppressedFinding(finding, suppression.Reason));
        }
        foreach (var suppression in suppressions) kept.AddRange(Faults(suppression, used));
        return new LintReport([.. kept.OrderBy(finding => finding.File, StringComparer.Ordinal).ThenBy(finding => finding.Line).ThenBy(finding => finding.Column).ThenBy(finding => finding.Code, StringComparer.Ordinal)], suppressed);
    }

    private static IEnumerable<PolicyFinding> Faults(Suppression suppression, HashSet<(Suppression, string)> used)
    {
        if (suppression.Reason.Length == 0)
        {
            yield return Fault(LintRules.SuppressionWithoutReason, $"`{string.Join(',', suppression.Codes)}` is suppressed without a reason, which does not count; write the reason after the code");
            yield break;
        }
        foreach (var code in suppression.Codes)
        {
            if (LintRules.Find(code) is not { } rule) yield return Fault(LintRules.SuppressionWithoutEffect, $"there is no finding `{code}`; see the table of codes in docs/policy.md");
            else if (!rule.CanBeSuppressed) yield return Fault(LintRules.SuppressionWithoutEffect, $"`{code}` ({rule.Name}) cannot be suppressed; correct the rule");
            else if (!used.Contains((suppression, code))) yield return Fault(LintRules.UnusedSuppression, $"nothing here is `{code}` ({rule.Name}); remove the suppression");
        }

        PolicyFinding Fault(string code, string message) => new(suppression.File, suppression.Line, suppression.Column, code, LintRules.Find(code)!.Severity, message);
    }

    [GeneratedRegex(@"#\s*gatewayctl:disable=(?<codes>[A-Za-z0-9,]+)(?<reason>.*)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CommentPattern();
}
