using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <content>
/// Roles and permissions: `g` rows link users and roles, `p` rows give permissions to `p.sub`. "Implicit" includes what is inherited, along at
/// most ten links as in a decision. A domain is given exactly where `g` has one.
/// </content>
public sealed partial class Enforcer
{
    private int SubjectField => FieldOf("sub", 0);

    /// <summary>The roles that the user is directly linked to.</summary>
    public IReadOnlyList<string> GetRolesForUser(string user, string? domain = null) =>
        LinksOf("g", domain) is { } links ? [.. links.RolesOf(user)] : [];

    public IReadOnlyList<string> GetUsersForRole(string role, string? domain = null) =>
        LinksOf("g", domain) is { } links ? [.. links.UsersOf(role)] : [];

    public bool HasRoleForUser(string user, string role, string? domain = null) =>
        GetRolesForUser(user, domain).Contains(role, StringComparer.Ordinal);

    public IReadOnlyList<string> GetImplicitRolesForUser(string user, string? domain = null) =>
        Reachable(user, domain, static (links, name) => links.RolesOf(name));

    public IReadOnlyList<string> GetImplicitUsersForRole(string role, string? domain = null) =>
        Reachable(role, domain, static (links, name) => links.UsersOf(name));

    public bool AddRoleForUser(string user, string role, string? domain = null) => AddGroupingPolicy(RoleRow(user, role, domain));

    public bool DeleteRoleForUser(string user, string role, string? domain = null) => RemoveGroupingPolicy(RoleRow(user, role, domain));

    public bool DeleteRolesForUser(string user, string? domain = null)
    {
        RequireName(user);
        return RemoveFilteredGroupingPolicy(0, domain is null ? [user] : [user, "", domain]);
    }

    /// <summary>Removes the user's role links and own permissions.</summary>
    public bool DeleteUser(string user)
    {
        RequireName(user);
        var subject = SubjectField;
        return ChangePolicy(policies => policies
            .Without(Filtered(policies, "g", 0, [user]))
            .Without(Filtered(policies, "p", subject, [user])));
    }

    /// <summary>Removes the links to the role and the role's own permissions.</summary>
    public bool DeleteRole(string role)
    {
        RequireName(role);
        var subject = SubjectField;
        return ChangePolicy(policies => policies
            .Without(Filtered(policies, "g", 1, [role]))
            .Without(Filtered(policies, "p", subject, [role])));
    }

    /// <summary>The user's own permissions.</summary>
    public ImmutableArray<PolicyRow> GetPermissionsForUser(string user) => PermissionsOf(user, null);

    /// <summary>The permissions of the user and of the roles it inherits; with a domain, those of that domain.</summary>
    public ImmutableArray<PolicyRow> GetImplicitPermissionsForUser(string user, string? domain = null) =>
        [.. GetImplicitRolesForUser(user, domain).Where(role => role != user).Prepend(user).SelectMany(name => PermissionsOf(name, domain))];

    public bool HasPermissionForUser(string user, params string[] permission) => HasPolicy(PermissionRow(user, permission));

    public bool AddPermissionForUser(string user, params string[] permission) => AddPolicy(PermissionRow(user, permission));

    public bool DeletePermissionForUser(string user, params string[] permission) => RemovePolicy(PermissionRow(user, permission));

    public bool DeletePermissionsForUser(string user)
    {
        RequireName(user);
        return RemoveFilteredPolicy(SubjectField, user);
    }

    /// <summary>Removes the permission from everyone.</summary>
    public bool DeletePermission(params string[] permission) => RemoveFilteredPolicy(1, permission);

    /// <summary>The users, roles left out, whom the policy allows this: the subject is put before the values and decided.</summary>
    public IReadOnlyList<string> GetImplicitUsersForPermission(params string[] permission)
    {
        var snapshot = _snapshot;
        var links = Model.RoleTypes.SelectMany(type => snapshot.Policies.OfType(type)).ToList();
        var roles = links.Select(row => row.Values[1]).ToHashSet(StringComparer.Ordinal);
        var subject = SubjectField;
        return
        [
            .. snapshot.Policies.OfType("p").Select(row => row.Values[subject])
                .Concat(links.Select(row => row.Values[0]))
                .Distinct(StringComparer.Ordinal)
                .Where(name => !roles.Contains(name))
                .Where(name => Decide(snapshot, snapshot.Default, [name, .. permission]).Allowed),
        ];
    }

    /// <summary>The domains of `g` in which the user has a role or is one.</summary>
    public IReadOnlyList<string> GetDomainsForUser(string user) =>
        GraphOf("g") is { } graph ? [.. graph.Domains.Where(domain => graph.Find(domain)?.Mentions(user) ?? false)] : [];

    public IReadOnlyList<string> GetAllDomains() => GraphOf("g") is { } graph ? [.. graph.Domains] : [];

    private static string[] PermissionRow(string user, string[] permission)
    {
        RequireName(user);
        return [user, .. permission];
    }

    private static string[] RoleRow(string user, string role, string? domain)
    {
        RequireName(user);
        RequireName(role);
        return domain is null ? [user, role] : [user, role, domain];
    }

    /// <summary>An empty name would stand for any in a filter.</summary>
    private static void RequireName(string name) => ArgumentException.ThrowIfNullOrEmpty(name);

    private ImmutableArray<PolicyRow> PermissionsOf(string name, string? domain)
    {
        var domainField = domain is null ? -1 : FieldOf("dom", -1);
        var subject = SubjectField;
        return GetPolicy().Where(row => row.Values[subject] == name && (domainField < 0 || row.Values[domainField] == domain)).ToImmutableArray();
    }

    private RoleGraph? GraphOf(string roleType)
    {
        var index = Model.RoleTypes.IndexOf(roleType);
        return index < 0 ? null : _snapshot.Roles[index];
    }

    private RoleLinks? LinksOf(string roleType, string? domain) => GraphOf(roleType)?.Find(domain ?? RoleGraph.NoDomain);

    /// <summary>Breadth first through all role definitions.</summary>
    private List<string> Reachable(string name, string? domain, Func<RoleLinks, string, IEnumerable<string>> step)
    {
        var links = Model.RoleTypes.Select(type => LinksOf(type, domain)).OfType<RoleLinks>().ToList();
        var found = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        List<string> level = [name];
        for (var hop = 0; hop < RoleLinks.MostHops && level.Count > 0; hop++)
        {
            level = [.. level.SelectMany(member => links.SelectMany(link => step(link, member))).Where(seen.Add)];
            found.AddRange(level);
        }

        return found;
    }

    private int FieldOf(string field, int otherwise)
    {
        var index = Model.PolicyFields().IndexOf(field);
        return index < 0 ? otherwise : index;
    }
}
