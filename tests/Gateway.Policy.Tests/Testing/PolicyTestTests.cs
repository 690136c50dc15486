using Gateway.Policy.Testing;
using Gateway.Policy.Tests.Analysis;

namespace Gateway.Policy.Tests.Testing;

public sealed class PolicyTestTests
{
    private const string Personas = """
        personas:
          admin: { description: all, credentials: { roles: [admin], project_id: p } }
          member: { credentials: { roles: [member], project_id: p } }
        """;

    private static T InFile<T>(string text, Func<string, T> read)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            return read(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static CaseFile Read(string cases) => InFile(cases, file => CaseFile.Read(file, InFile(Personas, Persona.Read)));

    private static string Problems(string cases) => InFile(cases, file =>
    {
        var fault = Assert.Throws<CaseFileException>(() => CaseFile.Read(file, InFile(Personas, Persona.Read)));
        return string.Join('|', fault.Problems).Replace(file, "cases.yaml", StringComparison.Ordinal);
    });

    [Fact]
    public void Whoever_is_not_allowed_is_expected_to_be_denied()
    {
        var file = Read("""
            targets: { own: { project_id: p } }
            cases:
              - { actions: [a, b], target: own, allow: admin }
            """);

        Assert.Equal(["a admin True", "a member False", "b admin True", "b member False"], file.Cases.Select(one => $"{one.Action} {one.Persona.Name} {one.IsAllowed}"));
    }

    [Fact]
    public void A_failure_says_who_what_and_by_which_rule()
    {
        var file = Read("""
            targets: { own: { project_id: p }, foreign: { project_id: q } }
            cases:
              - { actions: a, target: own, allow: admin }
              - { actions: a, target: foreign, allow: [admin, member] }
              - { actions: aa, target: foreign, allow: [] }
            """);

        var results = PolicyTest.Run(PolicyText.Load("\"a\": \"role:admin or project_id:%(project_id)s\""), file.Cases);

        Assert.Equal(
            [
                "3: `member` is allowed on `own` and should be denied: `a` is `(role:admin or project_id:%(project_id)s)`",
                "4: `member` is denied on `foreign` and should be allowed: `a` is `(role:admin or project_id:%(project_id)s)`",
                "5: the policy has no rule `aa`; did you mean `a`?", "5: the policy has no rule `aa`; did you mean `a`?",
            ],
            results.Where(result => !result.Passed).Select(result => $"{result.Case.Line}: {result.Failure}"));
    }

    [Theory]
    [InlineData("cases: [{ actions: a, target: own, allow: admin }]", "cases.yaml:1:31: there is no target `own`")]
    [InlineData("targets: { own: {} }\ncases: [{ actions: a, target: own, allow: admn }]", "cases.yaml:2:43: there is no persona `admn`; did you mean `admin`?")]
    [InlineData("targets: { own: {} }\ncases: [{ actions: a, target: own, alow: admin }]", "cases.yaml:2:36: `alow` is not known here; write actions, target, allow, deny|cases.yaml:2:9: a case has `actions`, a `target` and the personas to `allow` (`[]` for nobody)")]
    [InlineData("defaults: zedd\ncases: []", "cases.yaml:1:11: there are no defaults `zedd`; choose one of seed, newton, train, ussuri, wallaby, zed, 2024.1, 2025.1, 2025.2, 2026.1")]
    [InlineData("cases: []", "cases.yaml: there are no `cases`")]
    [InlineData("targets: { own: {} }\ncases: [{ actions: a, target: own, allow: admin, deny: [admin] }]", "cases.yaml:2:9: persona `admin` is both allowed and denied")]
    public void Says_where_a_file_of_cases_is_wrong(string cases, string problems)
    {
        Assert.Equal(problems, Problems(cases));
    }

    [Fact]
    public void The_matrix_tells_what_depends_on_the_target()
    {
        var set = PolicyText.Load("\"a\": \"role:admin or role:member and project_id:%(project_id)s\"\n\"b\": \"role:admin\"");

        var rows = PolicyMatrix.Of(set, InFile(Personas, Persona.Read));

        Assert.Equal(["a: Allowed DependsOnTarget", "b: Allowed Denied"], rows.Select(row => $"{row.Action}: {string.Join(' ', row.Answers)}"));
    }

    [Fact]
    public void A_mutant_that_no_case_kills_is_shown_with_whom_it_treats_differently()
    {
        var set = PolicyText.Load("\"a\": \"role:admin or role:member and project_id:%(project_id)s\"\n\"untested\": \"@\"");
        var file = Read("""
            targets: { own: { project_id: p } }
            cases:
              - { actions: a, target: own, allow: [admin, member] }
            """);

        var report = PolicyMutation.Run(set, file.Cases);

        Assert.Equal(["untested"], report.Untested);
        Assert.Contains(report.Survivors, mutant => mutant.After == "(role:admin or role:member)" && mutant.Witness!.ToString() == """{"roles":["member"],"project_id":"project-1"} on {"project_id":"project-2"}""");
        Assert.Contains(report.Mutants, mutant => mutant.After == "!" && mutant.IsKilled);
    }

    [Fact]
    public void A_mutant_that_means_the_same_is_left_out()
    {
        var set = PolicyText.Load("\"a\": \"role:admin or role:admin and role:member\"");
        var file = Read("""
            targets: { own: { project_id: p } }
            cases:
              - { actions: a, target: own, allow: [admin] }
            """);

        Assert.True(PolicyMutation.Run(set, file.Cases).Equivalent > 0);
    }
}
