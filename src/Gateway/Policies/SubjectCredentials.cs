using System.Runtime.CompilerServices;
using Gateway.Identity;
using Gateway.Policy;

namespace Gateway.Policies;

/// <summary>
/// A subject in the rule language's terms: the names of oslo.context's <c>to_policy_values</c>. User and project names and the token are
/// not among them, so no rule can depend on a name that its owner may change.
/// </summary>
internal sealed class SubjectCredentials
{
    private readonly ConditionalWeakTable<Subject, Credentials> _known = [];

    /// <summary>The credentials of a subject; made once for as long as the subject is remembered.</summary>
    public Credentials Of(Subject subject) => _known.GetValue(subject, Make);

    /// <summary>Nova's target for what concerns no particular server: the caller's own project and user, unless the request names others.</summary>
    public static TargetAttributes CallersTarget(Subject subject, string? project, string? user) => new(new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["project_id"] = project ?? subject.ProjectId,
        ["user_id"] = user ?? subject.UserId,
    });

    private static Credentials Make(Subject subject) => new(new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["user_id"] = subject.UserId,
        ["user_domain_id"] = subject.UserDomainId,
        ["system_scope"] = subject.SystemScope,
        ["domain_id"] = subject.DomainId,
        ["project_id"] = subject.ProjectId,
        ["project_domain_id"] = subject.ProjectDomainId,
        ["roles"] = subject.Roles.Cast<object?>().ToArray(),
        ["is_admin_project"] = subject.IsAdminProject ?? true,
        ["service_user_id"] = subject.Service?.UserId,
        ["service_user_domain_id"] = subject.Service?.UserDomainId,
        ["service_project_id"] = subject.Service?.ProjectId,
        ["service_project_domain_id"] = subject.Service?.ProjectDomainId,
        ["service_roles"] = subject.Service?.Roles.Cast<object?>().ToArray() ?? [],
    });
}
