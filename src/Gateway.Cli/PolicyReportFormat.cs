using System.CommandLine;

namespace Gateway.Cli;

/// <summary>How a policy command reports.</summary>
internal enum PolicyReportFormat
{
    /// <summary>For people, one line a finding.</summary>
    Pretty,

    /// <summary>For programs: one JSON value a line.</summary>
    Json,

    /// <summary>One SARIF 2.1.0 document, for code scanning.</summary>
    Sarif,

    /// <summary>One JUnit document, for build servers.</summary>
    Junit,

    /// <summary>Workflow commands of GitHub Actions, which become annotations.</summary>
    Github,
}

/// <summary>The option <c>--format</c> of commands that build servers run.</summary>
internal static class PolicyReportFormatOption
{
    public static Option<PolicyReportFormat> Create(params IReadOnlyList<PolicyReportFormat> formats)
    {
        var names = formats.ToDictionary(format => format.ToString().ToLowerInvariant(), StringComparer.Ordinal);
        return new Option<PolicyReportFormat>("--format")
        {
            Description = $"How to report: {string.Join(", ", names.Keys)}.",
            HelpName = string.Join('|', names.Keys),
            DefaultValueFactory = _ => PolicyReportFormat.Pretty,
            CustomParser = result =>
            {
                if (names.TryGetValue(result.Tokens[0].Value, out var format)) return format;
                result.AddError($"--format: no format `{result.Tokens[0].Value}`: write {string.Join(", ", names.Keys.Select(name => $"`{name}`"))}");
                return default;
            },
        };
    }
}
