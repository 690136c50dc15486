using System.Text.Json.Nodes;
using Gateway.DevIdentity.Tokens;
using Gateway.DevIdentity.Users;

namespace Gateway.DevIdentity.Http;

/// <summary>
/// Users, projects, domains and roles, to read only: what clients look names up by. A caller sees itself and its own projects;
/// administrators, and readers of the system, see everything.
/// </summary>
internal static class UserEndpoints
{
    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v3/auth/projects", ListAsync("projects", OwnProjects));
        routes.MapGet("/v3/auth/domains", ListAsync("domains", OwnDomains));
        routes.MapGet("/v3/auth/system", context => context.WithCallerAsync((caller, directory, _) =>
        {
            var all = directory.RolesOf(caller.User, Scope.WholeSystem).Count > 0;
            return new Answer(new JsonObject { ["system"] = all ? new JsonArray(new JsonObject { ["all"] = true }) : [] });
        }));

        routes.MapGet("/v3/users", ListAsync("users", (caller, directory, query) =>
            SeesAll(caller) ? Matching(directory.Users, query, user => user.Name, user => user.Domain.Id).Select(UserJson) : null));
        routes.MapGet("/v3/projects", ListAsync("projects", (caller, directory, query) =>
            SeesAll(caller) ? Matching(directory.Projects, query, project => project.Name, project => project.Domain.Id).Select(ProjectJson) : null));
        routes.MapGet("/v3/domains", ListAsync("domains", (caller, directory, query) =>
            SeesAll(caller) ? Matching(directory.Domains, query, domain => domain.Name, _ => null).Select(DomainJson) : null));
        routes.MapGet("/v3/roles", ListAsync("roles", (caller, directory, query) =>
            SeesAll(caller) ? Matching(directory.Roles, query, role => role.Name, _ => null).Select(RoleJson) : null));

        routes.MapGet("/v3/users/{id}", ShowAsync("user", (caller, directory, id) => SeesAll(caller) || caller.User.Id == id
            ? (true, directory.UserById(id) is { } user ? UserJson(user) : null)
            : (false, null)));
        routes.MapGet("/v3/projects/{id}", ShowAsync("project", (caller, directory, id) => SeesAll(caller) || HasRoleIn(directory, caller, id)
            ? (true, directory.ProjectById(id) is { } project ? ProjectJson(project) : null)
            : (false, null)));
        routes.MapGet("/v3/domains/{id}", ShowAsync("domain", (caller, directory, id) => SeesAll(caller) || caller.User.Domain.Id == id
            ? (true, directory.DomainById(id) is { } domain ? DomainJson(domain) : null)
            : (false, null)));
        routes.MapGet("/v3/roles/{id}", ShowAsync("role", (caller, directory, id) => SeesAll(caller)
            ? (true, directory.Roles.FirstOrDefault(role => role.Id == id) is { } role ? RoleJson(role) : null)
            : (false, null)));
        routes.MapGet("/v3/users/{id}/projects", context => context.WithCallerAsync((caller, directory, url) =>
        {
            var id = (string)context.GetRouteValue("id")!;
            if (!SeesAll(caller) && caller.User.Id != id) return new Answer(KeystoneFault.Forbidden("identity:list_user_projects"));
            if (directory.UserById(id) is not { } user) return new Answer(KeystoneFault.NotFound($"Could not find user: {id}."));
            return new Answer(List("projects", directory.ProjectsOf(user).Select(ProjectJson), url, $"{context.Request.Path}"));
        }));
    }

    private static IEnumerable<JsonObject> OwnProjects(Session caller, IdentityDirectory directory, IQueryCollection query) =>
        directory.ProjectsOf(caller.User).Select(ProjectJson);

    private static IEnumerable<JsonObject> OwnDomains(Session caller, IdentityDirectory directory, IQueryCollection query) =>
        directory.DomainsOf(caller.User).Select(DomainJson);

    private static bool HasRoleIn(IdentityDirectory directory, Session caller, string projectId) =>
        directory.RolesOf(caller.User, new Scope.OfProject(projectId)).Count > 0;

    private static bool SeesAll(Session caller) =>
        caller.HasRole("admin") || (caller.Token.Scope == Scope.WholeSystem && caller.HasRole("reader"));

    private static IEnumerable<T> Matching<T>(IEnumerable<T> all, IQueryCollection query, Func<T, string> name, Func<T, string?> domain) => all
        .Where(item => !query.TryGetValue("name", out var wanted) || name(item) == wanted)
        .Where(item => !query.TryGetValue("domain_id", out var wanted) || domain(item) == wanted);

    /// <summary>A list; <paramref name="choose"/> gives null when the caller may not list.</summary>
    private static RequestDelegate ListAsync(string key, Func<Session, IdentityDirectory, IQueryCollection, IEnumerable<JsonObject>?> choose) =>
        context => context.WithCallerAsync((caller, directory, url) => choose(caller, directory, context.Request.Query) is { } found
            ? new Answer(List(key, found, url, $"{context.Request.Path}{context.Request.QueryString}"))
            : new Answer(KeystoneFault.Forbidden($"identity:list_{key}")));

    /// <summary>One thing by its id; <paramref name="choose"/> tells whether the caller may see it, and what it is.</summary>
    private static RequestDelegate ShowAsync(string key, Func<Session, IdentityDirectory, string, (bool Allowed, JsonObject? Found)> choose) =>
        context => context.WithCallerAsync((caller, directory, url) =>
        {
            var id = (string)context.GetRouteValue("id")!;
            return choose(caller, directory, id) switch
            {
                (false, _) => new Answer(KeystoneFault.Forbidden($"identity:get_{key}")),
                (true, null) => new Answer(KeystoneFault.NotFound($"Could not find {key}: {id}.")),
                (true, { } found) => new Answer(new JsonObject { [key] = WithLink(found, $"{key}s", url) }),
            };
        });

    private static Task WithCallerAsync(this HttpContext context, Func<Session, IdentityDirectory, IdentityUrl, Answer> answer)
    {
        var url = context.RequestServices.GetRequiredService<IdentityUrl>();
        if (TokenEndpoints.Caller(context) is not { } caller) return context.Response.WriteAsync(KeystoneFault.Unauthorized(), url);
        var (body, fault) = answer(caller, context.RequestServices.GetRequiredService<IdentityDirectory>(), url);
        return fault is null ? context.Response.WriteAsync(StatusCodes.Status200OK, body!) : context.Response.WriteAsync(fault, url);
    }

    private static JsonObject List(string key, IEnumerable<JsonObject> items, IdentityUrl url, string path) => new()
    {
        [key] = new JsonArray([.. items.Select(item => WithLink(item, key, url))]),
        ["links"] = new JsonObject { ["next"] = null, ["self"] = $"{url.Value}{path}", ["previous"] = null },
    };

    private static JsonObject WithLink(JsonObject item, string collection, IdentityUrl url)
    {
        item["links"] = new JsonObject { ["self"] = $"{url.Value}/v3/{collection}/{item["id"]}" };
        return item;
    }

    private static JsonObject UserJson(User user) => new()
    {
        ["id"] = user.Id,
        ["name"] = user.Name,
        ["domain_id"] = user.Domain.Id,
        ["enabled"] = true,
        ["options"] = new JsonObject(),
        ["password_expires_at"] = null,
    };

    private static JsonObject ProjectJson(Project project) => new()
    {
        ["id"] = project.Id,
        ["name"] = project.Name,
        ["domain_id"] = project.Domain.Id,
        ["parent_id"] = project.Domain.Id,
        ["description"] = "",
        ["enabled"] = true,
        ["is_domain"] = false,
        ["options"] = new JsonObject(),
        ["tags"] = new JsonArray(),
    };

    private static JsonObject DomainJson(Domain domain) => new()
    {
        ["id"] = domain.Id,
        ["name"] = domain.Name,
        ["description"] = "",
        ["enabled"] = true,
        ["options"] = new JsonObject(),
        ["tags"] = new JsonArray(),
    };

    private static JsonObject RoleJson(Role role) => new()
    {
        ["id"] = role.Id,
        ["name"] = role.Name,
        ["domain_id"] = null,
        ["description"] = null,
        ["options"] = new JsonObject(),
    };

    /// <summary>A body, or a fault.</summary>
    private sealed record Answer(JsonObject? Body, KeystoneFault? Fault)
    {
        public Answer(JsonObject body)
            : this(body, Fault: null)
        {
        }

        public Answer(KeystoneFault fault)
            : this(Body: null, fault)
        {
        }
    }
}
