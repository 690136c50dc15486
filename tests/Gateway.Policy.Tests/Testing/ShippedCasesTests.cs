using Gateway.Policy.Testing;
using Gateway.Policy.Tests.Linting;

namespace Gateway.Policy.Tests.Testing;

/// <summary>Runs <c>policies/cases</c> as <c>gatewayctl policy test</c> does.</summary>
public sealed class ShippedCasesTests
{
    private static readonly string Policies = Path.Combine(RepositoryRoot.Path, "policies");

    private static readonly IReadOnlyList<Persona> Personas = Persona.Read(Path.Combine(Policies, "personas.yaml"));

    public static TheoryData<string> Files => [.. Directory.GetFiles(Path.Combine(Policies, "cases"), "*.yaml").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    private static (PolicySet Set, CaseFile Cases) Read(string name)
    {
        var file = CaseFile.Read(Path.Combine(Policies, "cases", name), Personas);
        return (PolicySet.Load(new PolicyOptions { Defaults = file.Defaults ?? "seed", PolicyFile = Path.Combine(Policies, "policy.yaml") }).Set!, file);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Holds(string name)
    {
        var (set, file) = Read(name);

        Assert.Empty(PolicyTest.Run(set, file.Cases).Where(result => !result.Passed).Select(result => $"{result.Case.File}:{result.Case.Line}: {result.Failure}"));
    }

    [Fact]
    public void The_seed_cases_leave_no_change_of_a_rule_unnoticed()
    {
        var (set, file) = Read("seed.yaml");

        var report = PolicyMutation.Run(set, file.Cases);

        Assert.NotEmpty(report.Mutants);
        Assert.Empty(report.Survivors.Select(mutant => $"{mutant.Rule}: {mutant.Change}: {mutant.Action} {mutant.Witness}"));
    }

    [Fact]
    public void The_seed_cases_ask_for_all_six_actions_and_every_persona()
    {
        var (_, file) = Read("seed.yaml");

        Assert.Superset(new HashSet<string>
        {
            "os_compute_api:os-create-backup", "os_compute_api:os-admin-actions:inject_network_info", "os_compute_api:os-migrate-server:migrate",
            "os_compute_api:os-migrate-server:migrate_live", "os_compute_api:os-admin-actions:reset_network", "os_compute_api:os-admin-actions:reset_state",
        }, file.Cases.Select(one => one.Action).ToHashSet());
        Assert.Equal(Personas.Count, file.Cases.Select(one => one.Persona.Name).Distinct().Count());
    }
}
