namespace Gateway.Policy.Tests;

/// <summary>One bad file for every finding of the loader, with the whole message; and that nothing of a bad file is loaded.</summary>
public sealed class LoadTests
{
    private const string Backup = "os_compute_api:os-create-backup";

    [Theory]
    [InlineData("a: '@'\n\n{http://h/%(a)s\nno", "policy.yaml:1:7: error yaml-syntax: this is not YAML from here on:", "yaml-syntax")]
    [InlineData("a: [", "policy.yaml:2:1: error yaml-syntax: this is not YAML:", "yaml-syntax")]
    [InlineData("- role:admin", "policy.yaml:1:1: error not-a-mapping: the file holds `['role:admin']`, not a mapping of rule names to rules; write one `\"name\": \"rule\"` a line", "")]
    [InlineData("role:admin", "policy.yaml:1:1: error not-a-mapping: the file holds `role:admin`, not a mapping of rule names to rules; write one `\"name\": \"rule\"` a line", "")]
    [InlineData("yes: role:admin", "policy.yaml:1:1: error non-string-name: `True` is no string, so this rule would never be found; put the name in quotes", "")]
    [InlineData("\"os_compute_api:os-create-backup\": \"@\"\n\"os_compute_api:os-create-backup\": \"!\"", "policy.yaml:2:2: error duplicate-key: rule `os_compute_api:os-create-backup` stands twice, first in line 1; keep one of them", "")]
    [InlineData("{\"os_compute_api:os-create-backup\": \"@\",\n \"os_compute_api:os-create-backup\": \"!\"}", "policy.yaml:2:3: error duplicate-key: rule `os_compute_api:os-create-backup` stands twice, first in line 1; keep one of them", "")]
    [InlineData("os_compute_api:os-create-backup: true", "policy.yaml:1:34: error not-a-rule: rule `os_compute_api:os-create-backup`: `True` is no rule; write a text in quotes", "")]
    [InlineData("os_compute_api:os-create-backup: 2026-01-01", "policy.yaml:1:34: error not-a-rule: rule `os_compute_api:os-create-backup`: `2026-01-01` is no rule; write a text in quotes", "")]
    [InlineData("os_compute_api:os-create-backup: !", "policy.yaml:1:34: error empty-rule: rule `os_compute_api:os-create-backup` is `None`, which allows everyone (an unquoted `!`, `no`, `off`, `null` or nothing reads like that); write `\"!\"` in quotes for nobody, `\"@\"` for everyone", "")]
    [InlineData("os_compute_api:os-create-backup: off", "policy.yaml:1:34: error empty-rule: rule `os_compute_api:os-create-backup` is `False`, which allows everyone (an unquoted `!`, `no`, `off`, `null` or nothing reads like that); write `\"!\"` in quotes for nobody, `\"@\"` for everyone", "")]
    [InlineData("os_compute_api:os-create-backup: \"\"", "policy.yaml:1:35: error empty-rule: rule `os_compute_api:os-create-backup` is an empty text, which allows everyone; write `\"@\"` if that is meant, `\"!\"` for nobody", "")]
    [InlineData("os_compute_api:os-create-backup: [[]]", "policy.yaml:1:34: error empty-rule: rule `os_compute_api:os-create-backup` is a list of nothing, which allows nobody; write `\"!\"`", "")]
    [InlineData("os_compute_api:os-create-backup: role:admin and", "policy.yaml:1:45: error malformed-rule: rule `os_compute_api:os-create-backup`: `and` is out of place, so the original reads it as false; correct it or remove it", "")]
    [InlineData("os_compute_api:os-create-backup: \"not admin\"", "policy.yaml:1:39: error malformed-rule: rule `os_compute_api:os-create-backup`: `admin` has no colon, so the original reads it as false; correct it or remove it", "")]
    [InlineData("os_compute_api:os-create-backup: role:admin role:member", "policy.yaml:1:45: error malformed-rule: rule `os_compute_api:os-create-backup`: two checks without `and` or `or` between them, so the original reads it as false; correct it or remove it", "")]
    [InlineData("os_compute_api:os-create-backup: ( ", "policy.yaml:1:34: error malformed-rule: rule `os_compute_api:os-create-backup`: `(` alone is no check; write `\"!\"` for nobody or `\"@\"` for everyone", "")]
    [InlineData("os_compute_api:os-create-backup: role:admin or a..b:x", "policy.yaml:1:48: error unreadable-atom: rule `os_compute_api:os-create-backup`: `a..b` in `a..b:x` is neither an attribute's path nor a literal, and every evaluation fails with SyntaxError; correct the left side", "")]
    [InlineData("os_compute_api:os-create-backup: user_id:50%", "policy.yaml:1:34: error bad-format: rule `os_compute_api:os-create-backup`: `user_id:50%` cannot be filled in from a target (ValueError); write `%(name)s` for an attribute and `%%` for a percent sign", "")]
    [InlineData("os_compute_api:os-create-backup: not rule:admin_apy", "policy.yaml:1:38: error undefined-rule: rule `os_compute_api:os-create-backup`: `rule:admin_apy` refers to a rule that does not exist; did you mean `admin_api`?", "")]
    [InlineData("admin_api: not rule:admin_or_owner\nadmin_or_owner: rule:admin_api", "policy.yaml:2:17: error rule-cycle: rule `admin_or_owner` refers to itself: `admin_api` → `admin_or_owner` → `admin_api`; break the circle", "")]
    [InlineData("os_compute_api:os-create-bakup: role:admin", "policy.yaml:1:1: error unknown-rule: rule `os_compute_api:os-create-bakup` guards nothing in `seed` and no other rule refers to it; did you mean `os_compute_api:os-create-backup`?", "")]
    public void Refuses_what_the_original_would_silently_get_wrong(string text, string expected, string code)
    {
        var result = PolicyDirectory.Load(text);
        Assert.Null(result.Set);
        var finding = Assert.Single(result.Findings);
        if (code.Length == 0) Assert.Equal(expected, finding.ToString());
        else Assert.Equal(code, finding.Code);
        Assert.StartsWith(expected, finding.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Reports_every_fault_at_once() =>
        Assert.Equal(["empty-rule", "malformed-rule", "undefined-rule"], PolicyDirectory.Load("admin_api: ''\nadmin_or_owner: x\ncontext_is_admin: rule:y").Findings.Select(finding => finding.Code));

    [Fact]
    public void Loads_under_oslos_semantics_what_strict_refuses_and_warns()
    {
        var result = PolicyDirectory.Load($"{Backup}: off", semantics: Semantics.Oslo);
        Assert.True(result.Set!.Decide(Backup, Some.Caller("p9"), Some.Server()).Allowed);
        Assert.Equal(Severity.Warning, Assert.Single(result.Findings).Severity);
    }

    [Fact]
    public void Says_which_file_cannot_be_read()
    {
        var result = PolicySet.Load(new PolicyOptions { PolicyFile = "/nowhere/policy.yaml", PolicyDirectories = ["/nowhere/policy.d"] });
        Assert.Null(result.Set);
        Assert.Equal(["/nowhere/policy.yaml", "/nowhere/policy.d"], result.Findings.Where(finding => finding.Code == "unreadable-file").Select(finding => finding.File));
    }

    [Fact]
    public void Names_the_defaults_there_are_when_asked_for_others() =>
        Assert.Equal("xena: error unknown-defaults: there are no defaults `xena`; choose one of seed, newton, train, ussuri, wallaby, zed, 2024.1, 2025.1, 2025.2, 2026.1, none",
            Assert.Single(PolicySet.Load(new PolicyOptions { Defaults = "xena" }).Findings).ToString());

    [Fact]
    public void Lets_the_directories_win_over_the_file_and_later_names_over_earlier()
    {
        using var files = new PolicyDirectory();
        var main = files.Write("policy.yaml", $"{Backup}: '!'");
        files.Write("policy.d/20.yaml", $"{Backup}: role:twenty");
        files.Write("policy.d/10.json", $$"""{"{{Backup}}": "role:ten"}""");
        files.Write("policy.d/.hidden", "nonsense: [");
        var policy = PolicySet.Load(new PolicyOptions { PolicyFile = main, PolicyDirectories = [Path.Combine(files.Root, "policy.d")] }).Set!;
        Assert.Equal("role:twenty", policy.Decide(Backup, Some.Caller(), Some.Server()).Rule);
    }

    [Theory]
    [InlineData("10.yaml~", "editor-backup")]
    [InlineData("#10.yaml#", "editor-backup")]
    [InlineData("10.yaml.rpmsave", "editor-backup")]
    [InlineData("README", "foreign-file")]
    public void Refuses_files_that_nobody_meant_as_policy(string name, string code)
    {
        using var files = new PolicyDirectory();
        files.Write("policy.d/" + name, "");
        var result = PolicySet.Load(new PolicyOptions { PolicyDirectories = [Path.Combine(files.Root, "policy.d")] });
        Assert.Null(result.Set);
        Assert.Equal(code, Assert.Single(result.Findings).Code);
    }

    [Fact]
    public void Loads_nothing_of_a_directory_in_which_one_file_is_broken()
    {
        using var files = new PolicyDirectory();
        files.Write("policy.d/10-new.yaml", "a: [");
        files.Write("policy.d/50-tighten.yaml", $"{Backup}: '!'");
        Assert.Null(PolicySet.Load(new PolicyOptions { PolicyDirectories = [Path.Combine(files.Root, "policy.d")] }).Set);
    }

    [Fact]
    public void Reads_comments_quotes_folded_texts_and_list_forms()
    {
        const string Text = """
            # a comment
            "os_compute_api:os-create-backup": >-
              role:one or
              role:two
            os_compute_api:os-evacuate: [["role:a", "role:b"], "role:c"]   # the old form
            'admin_api': &same 'is_admin:True'
            os_compute_api:os-lock-server:lock: *same
            """;
        var policy = PolicyDirectory.Load(Text).Set!;
        Assert.Equal("(role:one or role:two)", policy.Decide(Backup, Some.Caller(), Some.Server()).Rule);
        Assert.Equal("((role:a and role:b) or role:c)", policy.Decide("os_compute_api:os-evacuate", Some.Caller(), Some.Server()).Rule);
        Assert.Equal("is_admin:True", policy.Decide("os_compute_api:os-lock-server:lock", Some.Caller(), Some.Server()).Rule);
    }

    [Fact]
    public void Loads_every_release_without_a_finding()
    {
        foreach (var release in ReleaseDefaults.Names)
        {
            var result = PolicySet.Load(new PolicyOptions { Defaults = release });
            Assert.NotNull(result.Set);
            Assert.Empty(result.Findings);
            Assert.All(ReleaseDefaults.Find(release)!.Rules, rule => Assert.EndsWith(".", rule.Description, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Loads_the_shipped_override_file_as_no_override()
    {
        var path = FromRoot("policies/policy.yaml");
        var result = PolicySet.Load(new PolicyOptions { PolicyFile = path });
        Assert.Empty(result.Findings);
        Assert.Equal(PolicySet.Load(new PolicyOptions()).Set!.RuleNames, result.Set!.RuleNames);
    }

    private static string FromRoot(string path)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Gateway.sln"))) directory = directory.Parent;
        return Path.Combine(directory!.FullName, path);
    }
}
