using System.Text.Json.Nodes;

namespace Gateway.Identity;

/// <summary>The body by which the gateway logs in to Keystone (Identity API v3, <c>POST /v3/auth/tokens</c>).</summary>
internal static class KeystoneLogin
{
    public static JsonObject Body(KeystoneOptions options) => options.ApplicationCredentialId is { } id
        ? Auth("application_credential", new JsonObject
        {
            ["id"] = id,
            ["secret"] = Secret(options.ApplicationCredentialSecret, options.ApplicationCredentialSecretFile),
        })
        : Auth("password", new JsonObject { ["user"] = User(options) }, Named(options.ProjectId, options.ProjectName, options.ProjectDomainName));

    private static JsonObject Auth(string method, JsonObject proof, JsonObject? project = null)
    {
        var auth = new JsonObject { ["identity"] = new JsonObject { ["methods"] = new JsonArray(method), [method] = proof } };
        // An application credential is for the one project that it was made for.
        if (project is not null) auth["scope"] = new JsonObject { ["project"] = project };
        return new JsonObject { ["auth"] = auth };
    }

    private static JsonObject User(KeystoneOptions options)
    {
        var user = Named(options.UserId, options.UserName, options.UserDomainName);
        user["password"] = Secret(options.Password, options.PasswordFile);
        return user;
    }

    private static JsonObject Named(string? id, string? name, string domain) =>
        id is not null ? new JsonObject { ["id"] = id } : new JsonObject { ["name"] = name, ["domain"] = new JsonObject { ["name"] = domain } };

    /// <summary>Read each time, so that a changed password needs no restart.</summary>
    private static string Secret(string? text, string? file) => text ?? File.ReadAllText(file!).TrimEnd('\r', '\n');
}
