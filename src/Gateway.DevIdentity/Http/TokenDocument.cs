using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.DevIdentity.Tokens;
using Gateway.DevIdentity.Users;

namespace Gateway.DevIdentity.Http;

/// <summary>The <c>{"token": …}</c> document that comes with a token.</summary>
internal sealed class TokenDocument(IdentityDirectory directory, ServiceCatalog catalog)
{
    public JsonObject Of(Session session, CatalogChoice choice)
    {
        var token = session.Token;
        var document = new JsonObject
        {
            ["methods"] = new JsonArray([.. token.Methods.Select(method => JsonValue.Create(method))]),
            ["user"] = new JsonObject
            {
                ["domain"] = Named(session.User.Domain.Id, session.User.Domain.Name),
                ["id"] = session.User.Id,
                ["name"] = session.User.Name,
                ["password_expires_at"] = null,
            },
            ["audit_ids"] = new JsonArray([.. token.AuditIds.Select(id => JsonValue.Create(id))]),
            ["expires_at"] = Time(token.ExpiresAt),
            ["issued_at"] = Time(token.IssuedAt),
        };
        switch (token.Scope)
        {
            case Scope.OfProject(var id):
                var project = directory.ProjectById(id)!;
                var scoped = Named(project.Id, project.Name);
                scoped["domain"] = Named(project.Domain.Id, project.Domain.Name);
                document["project"] = scoped;
                document["is_domain"] = false;
                break;
            case Scope.OfDomain(var id):
                document["domain"] = Named(id, directory.DomainById(id)!.Name);
                break;
            case Scope.OfSystem:
                document["system"] = new JsonObject { ["all"] = true };
                break;
        }

        if (token.Scope != Scope.None)
        {
            document["roles"] = new JsonArray([.. session.Roles.Select(role => Named(role.Id, role.Name))]);
            if (choice == CatalogChoice.Include) document["catalog"] = catalog.ToJson();
        }

        return new JsonObject { ["token"] = document };
    }

    private static JsonObject Named(string id, string name) => new() { ["id"] = id, ["name"] = name };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>Whether the catalogue comes with the token; clients leave it out with <c>?nocatalog</c>.</summary>
internal enum CatalogChoice
{
    Include,
    LeaveOut,
}
