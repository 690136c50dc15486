using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.DevIdentity.Users;

namespace Gateway.DevIdentity.Tokens;

/// <summary>
/// Writes and reads tokens as JWS compact serialisation (RFC 7515), ES256, with the claims of Keystone's own JWS provider, and
/// further ones for verifiers that do not call back. The claims are listed in this project's README.
/// </summary>
internal sealed class TokenCodec(SigningKey key, IdentityDirectory directory, IdentityUrl url)
{
    private const string Audience = "compute";

    public string Write(Token token)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["typ"] = "JWT", ["kid"] = key.KeyId };
        var signed = $"{Encode(header)}.{Encode(Claims(token))}";
        return $"{signed}.{Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>The token, if this service signed it; whether it is still valid is not asked here.</summary>
    public Token? Read(string text)
    {
        var parts = text.Split('.');
        if (parts.Length != 3 || !text.All(char.IsAscii)) return null;
        try
        {
            // The signature covers the header, and only this service's key is ever tried: no header of another's making gets further.
            var signature = Base64Url.DecodeFromChars(parts[2]);
            if (!key.Verify(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature)) return null;
            return FromClaims(JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!.AsObject());
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private JsonObject Claims(Token token)
    {
        var user = directory.UserById(token.UserId)!;
        var claims = new JsonObject
        {
            ["iss"] = $"{url.Value}/v3",
            ["aud"] = Audience,
            ["sub"] = user.Id,
            ["iat"] = token.IssuedAt.ToUnixTimeSeconds(),
            ["exp"] = token.ExpiresAt.ToUnixTimeSeconds(),
            ["openstack_methods"] = Names(token.Methods),
            ["openstack_audit_ids"] = Names(token.AuditIds),
            ["openstack_user_name"] = user.Name,
            ["openstack_user_domain_id"] = user.Domain.Id,
        };
        switch (token.Scope)
        {
            case Scope.OfProject(var id):
                var project = directory.ProjectById(id)!;
                claims["openstack_project_id"] = id;
                claims["openstack_project_name"] = project.Name;
                claims["openstack_project_domain_id"] = project.Domain.Id;
                break;
            case Scope.OfDomain(var id):
                claims["openstack_domain_id"] = id;
                break;
            case Scope.OfSystem:
                claims["openstack_system"] = "all";
                break;
        }

        claims["openstack_roles"] = Names(directory.RolesOf(user, token.Scope).Select(role => role.Name));
        return claims;
    }

    private static Token FromClaims(JsonObject claims) => new(
        claims["sub"]!.GetValue<string>(),
        Names(claims["openstack_methods"]!),
        Names(claims["openstack_audit_ids"]!),
        claims switch
        {
            _ when claims["openstack_project_id"] is { } project => new Scope.OfProject(project.GetValue<string>()),
            _ when claims["openstack_domain_id"] is { } domain => new Scope.OfDomain(domain.GetValue<string>()),
            _ when claims["openstack_system"] is not null => Scope.WholeSystem,
            _ => Scope.None,
        },
        DateTimeOffset.FromUnixTimeSeconds(claims["iat"]!.GetValue<long>()),
        DateTimeOffset.FromUnixTimeSeconds(claims["exp"]!.GetValue<long>()));

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => JsonValue.Create(name))];

    private static List<string> Names(JsonNode array) => [.. array.AsArray().Select(name => name!.GetValue<string>())];
}
