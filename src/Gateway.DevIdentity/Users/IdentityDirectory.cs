namespace Gateway.DevIdentity.Users;

internal sealed record Domain(string Id, string Name);

/// <summary>A role; <see cref="Implies"/> names the roles that come with it, as Keystone's implied roles.</summary>
internal sealed record Role(string Id, string Name, IReadOnlyList<string> Implies);

internal sealed record Project(string Id, string Name, Domain Domain);

internal sealed record User(string Id, string Name, Domain Domain, string Password, IReadOnlyList<Grant> Grants);

/// <summary>Roles, as written, that a user has on one scope.</summary>
internal sealed record Grant(Scope Scope, IReadOnlyList<Role> Roles);

/// <summary>What a token is good for. Two scopes are equal when they name the same thing.</summary>
internal abstract record Scope
{
    public static Scope None { get; } = new Unscoped();

    public static Scope WholeSystem { get; } = new OfSystem();

    internal sealed record Unscoped : Scope;

    internal sealed record OfSystem : Scope;

    internal sealed record OfProject(string Id) : Scope;

    internal sealed record OfDomain(string Id) : Scope;
}

/// <summary>Everybody and everything the service knows. Immutable.</summary>
internal sealed class IdentityDirectory(
    IReadOnlyList<Domain> domains, IReadOnlyList<Role> roles, IReadOnlyList<Project> projects, IReadOnlyList<User> users)
{
    public IReadOnlyList<Domain> Domains => domains;

    public IReadOnlyList<Role> Roles => roles;

    public IReadOnlyList<Project> Projects => projects;

    public IReadOnlyList<User> Users => users;

    public Domain? DomainById(string id) => domains.FirstOrDefault(domain => domain.Id == id);

    public Project? ProjectById(string id) => projects.FirstOrDefault(project => project.Id == id);

    public User? UserById(string id) => users.FirstOrDefault(user => user.Id == id);

    /// <summary>The roles a user has on a scope, implied ones after the one that implies them, each once.</summary>
    public IReadOnlyList<Role> RolesOf(User user, Scope scope)
    {
        var found = new List<Role>();
        foreach (var role in user.Grants.Where(grant => grant.Scope == scope).SelectMany(grant => grant.Roles)) Add(role);
        return found;

        void Add(Role role)
        {
            if (found.Contains(role)) return;
            found.Add(role);
            foreach (var implied in role.Implies) Add(roles.First(candidate => candidate.Name == implied));
        }
    }

    /// <summary>The projects on which a user has a role, in the order of the file.</summary>
    public IEnumerable<Project> ProjectsOf(User user) => projects.Where(project => RolesOf(user, new Scope.OfProject(project.Id)).Count > 0);

    /// <summary>The domains on which a user has a role, in the order of the file.</summary>
    public IEnumerable<Domain> DomainsOf(User user) => domains.Where(domain => RolesOf(user, new Scope.OfDomain(domain.Id)).Count > 0);
}
