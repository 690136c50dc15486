using Gateway.Identity;
using Gateway.Policy;

namespace Gateway.Auditing;

/// <summary>
/// Who may read the record, in the rule language: <c>audit:events:all</c> lets a caller see everything, <c>audit:events:project</c> what concerns the
/// project of his token.
/// </summary>
internal sealed class AuditAccess
{
    public const string All = "audit:events:all";
    public const string OfProject = "audit:events:project";

    private readonly PolicySet _rules;

    private AuditAccess(PolicySet rules) => _rules = rules;

    /// <summary>What counts when nobody says otherwise: auditors and administrators everything, a project's readers their project.</summary>
    public static IReadOnlyDictionary<string, string> Customary { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [All] = "role:auditor or role:admin",
        [OfProject] = "role:reader and project_id:%(project_id)s",
    };

    /// <summary>Reads the rules.</summary>
    /// <param name="rules">By name; what is not named is as customary.</param>
    /// <returns>The rules, or what is wrong with them.</returns>
    public static (AuditAccess? Access, IReadOnlyList<string> Problems) Read(IReadOnlyDictionary<string, string> rules, string file)
    {
        var all = Customary.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, rule) in rules) all[name] = rule;
        var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(all);
        var loaded = PolicySet.Load(new PolicyOptions { Defaults = "none", Texts = [new RuleSource($"{file}", json)], NovaAdminFlag = false });
        return loaded.Set is { } set ? (new AuditAccess(set), []) : (null, [.. loaded.Findings.Select(finding => finding.ToString())]);
    }

    /// <summary>What a caller may see: everything (null), one project, or nothing.</summary>
    public (bool Allowed, string? OnlyProject) Of(Subject subject, Credentials caller)
    {
        if (_rules.Decide(All, caller, TargetAttributes.Empty).Allowed) return (true, null);
        if (subject.ProjectId is not { } project) return (false, null);
        var target = new TargetAttributes(new Dictionary<string, object?>(StringComparer.Ordinal) { ["project_id"] = project });
        return (_rules.Decide(OfProject, caller, target).Allowed, project);
    }
}
