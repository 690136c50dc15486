using Gateway.Policy.Linting;

namespace Gateway.Policy.Tests.Linting;

/// <summary>
/// One file or directory in <c>bad/</c> for each finding, and beside it, in a text of the same name, everything the linter says about it. A first line
/// <c># lint: semantics=oslo</c> or <c># lint: personas=a,b</c> sets what the command line would.
/// </summary>
public sealed class BadFileTests
{
    private static readonly string Directory = Path.Combine(RepositoryRoot.Path, "tests", "Gateway.Policy.Tests", "Linting", "bad");

    public static TheoryData<string> Cases => [.. System.IO.Directory.GetFiles(Directory, "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Says_exactly_what_is_wrong(string name)
    {
        var (options, lint) = OptionsOf(name);

        var report = PolicyLinter.Lint(options, lint);

        var said = string.Concat(report.Findings.Select(finding => finding.ToString().Replace(Directory + "/", "", StringComparison.Ordinal) + "\n"));
        Assert.Equal(File.ReadAllText(Path.Combine(Directory, name + ".txt")), said);
        Assert.Contains(report.Findings, finding => finding.Code == name[..5]);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Finds_an_error_wherever_the_gateway_would_refuse_the_file(string name)
    {
        var (options, lint) = OptionsOf(name);

        var isRefused = PolicySet.Load(options).Set is null;

        Assert.Equal(isRefused, PolicyLinter.Lint(options, lint).Findings.Any(finding => finding.Severity == Severity.Error));
    }

    [Fact]
    public void There_is_a_bad_file_for_every_finding()
    {
        Assert.Equal(LintRules.All.Select(rule => rule.Code), System.IO.Directory.GetFiles(Directory, "*.txt").Select(file => Path.GetFileName(file)[..5]).Distinct().Order(StringComparer.Ordinal));
    }

    private static (PolicyOptions Options, LintOptions Lint) OptionsOf(string name)
    {
        var file = Path.Combine(Directory, name + ".yaml");
        if (System.IO.Directory.Exists(Path.Combine(Directory, name))) return (new PolicyOptions { PolicyDirectories = [Path.Combine(Directory, name)] }, new LintOptions());
        var settings = File.Exists(file) ? File.ReadLines(file).FirstOrDefault() ?? "" : "";
        return (
            new PolicyOptions { PolicyFile = file, Semantics = settings == "# lint: semantics=oslo" ? Semantics.Oslo : Semantics.Strict },
            new LintOptions { PersonaRoles = settings.StartsWith("# lint: personas=", StringComparison.Ordinal) ? settings["# lint: personas=".Length..].Split(',') : null });
    }
}
