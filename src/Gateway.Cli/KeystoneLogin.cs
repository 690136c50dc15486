using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary>Asks Keystone for a token (Identity API v3, <c>POST /v3/auth/tokens</c>).</summary>
internal static class KeystoneLogin
{
    /// <summary>A token, and what the service says of it.</summary>
    /// <exception cref="CommandFault">The service refuses, cannot be reached or makes no sense.</exception>
    public static async Task<IssuedToken> IssueAsync(Login login, CancellationToken cancellation)
    {
        var authUrl = login.Service.AuthUrl;
        var url = new Uri($"{authUrl}/auth/tokens?nocatalog");
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(Body(login)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        var answer = await ServiceCall.SendAsync(request, "the identity service", authUrl, cancellation, login.Service.Trust);

        if (answer.Status == HttpStatusCode.Created && answer.Header("X-Subject-Token") is { } token)
            return new IssuedToken(token, answer.Json?["token"] as JsonObject ?? []);
        var told = answer.Json?["error"]?["message"]?.ToString();
        var code = (int)answer.Status;
        if (code >= 500) throw new CommandFault(ExitCode.Unreachable, $"{authUrl}: the identity service cannot answer: {told ?? "no reason given"} ({code})");
        throw new CommandFault(ExitCode.Failed, told is not null
            ? $"{authUrl}: {Who(login.Proof)} was refused a token{What(login.Scope)}: {told} ({code})"
            : $"{authUrl}: answered {code} without a token: is this the URL of a Keystone v3?");
    }

    private static JsonObject Body(Login login)
    {
        var identity = login.Proof switch
        {
            LoginProof.Password(var user, var secret) => Identity("password", new JsonObject { ["user"] = With(Name(user), "password", secret) }),
            LoginProof.Credential(var name, var user, var secret) => Identity("application_credential", Credential(name, user, secret)),
            LoginProof.Token(var id) => Identity("token", new JsonObject { ["id"] = id }),
            _ => throw new InvalidOperationException($"no such proof: {login.Proof.GetType().Name}"),
        };
        var auth = new JsonObject { ["identity"] = identity };
        JsonObject? scope = login.Scope switch
        {
            LoginScope.System => new JsonObject { ["system"] = new JsonObject { ["all"] = true } },
            LoginScope.Project(var project) => new JsonObject { ["project"] = Name(project) },
            LoginScope.Domain(var domain) => new JsonObject { ["domain"] = Domain(domain) },
            _ => null,
        };
        if (scope is not null) auth["scope"] = scope;
        return new JsonObject { ["auth"] = auth };
    }

    /// <summary>By its id, or by its name and its user.</summary>
    private static JsonObject Credential(LoginDomain credential, LoginName? user, string secret)
    {
        var json = Domain(credential);
        if (user is not null) json["user"] = Name(user);
        return With(json, "secret", secret);
    }

    private static JsonObject Identity(string method, JsonObject proof) => new() { ["methods"] = new JsonArray(method), [method] = proof };

    private static JsonObject Name(LoginName name) =>
        name.Id is not null ? new JsonObject { ["id"] = name.Id } : new JsonObject { ["name"] = name.Name, ["domain"] = Domain(name.Domain) };

    private static JsonObject Domain(LoginDomain domain) =>
        domain.Id is not null ? new JsonObject { ["id"] = domain.Id } : new JsonObject { ["name"] = domain.Name };

    private static JsonObject With(JsonObject json, string key, string value)
    {
        json[key] = value;
        return json;
    }

    private static string Who(LoginProof proof) => proof switch
    {
        LoginProof.Password(var user, _) => $"`{user}`",
        LoginProof.Credential(var credential, _, _) => $"application credential `{credential}`",
        _ => "the token",
    };

    private static string What(LoginScope scope) => scope switch
    {
        LoginScope.System => " for the system",
        LoginScope.Project(var project) => $" for project `{project}`",
        LoginScope.Domain(var domain) => $" for domain `{domain}`",
        _ => "",
    };
}

/// <summary>A token that was just issued, and the service's description of it.</summary>
internal sealed record IssuedToken(string Token, JsonObject Description);
