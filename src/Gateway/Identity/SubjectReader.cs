using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Identity;

/// <summary>Reads the subject from the claims of a token that has been verified.</summary>
/// <param name="claims">Which claim says what.</param>
internal sealed class SubjectReader(ClaimOptions claims)
{
    /// <summary>The subject, or null when the token names no user.</summary>
    /// <exception cref="SubjectMalformedException">A name or an id holds what no header can.</exception>
    public Subject? Read(JsonWebToken token)
    {
        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        var root = payload.RootElement;
        if (Text(root, claims.UserId) is not { Length: > 0 } userId) return null;
        return new Subject
        {
            UserId = userId,
            UserName = Text(root, claims.UserName),
            UserDomainId = Text(root, claims.UserDomainId),
            UserDomainName = Text(root, claims.UserDomainName),
            ProjectId = Text(root, claims.ProjectId),
            ProjectName = Text(root, claims.ProjectName),
            ProjectDomainId = Text(root, claims.ProjectDomainId),
            ProjectDomainName = Text(root, claims.ProjectDomainName),
            DomainId = Text(root, claims.DomainId),
            DomainName = Text(root, claims.DomainName),
            SystemScope = Text(root, claims.System) == "all" ? "all" : null,
            Roles = Texts(root, claims.Roles),
            AuthMethods = Texts(root, claims.Methods),
            AuditIds = Texts(root, claims.AuditIds),
            ApplicationCredentialId = Text(root, claims.ApplicationCredentialId),
            Service = Texts(root, claims.ServiceRoles) is { Length: > 0 } roles ? new ServiceIdentity { Roles = roles } : null,
            IssuedAt = token.IssuedAt == DateTime.MinValue ? null : new DateTimeOffset(token.IssuedAt, TimeSpan.Zero),
            ExpiresAt = new DateTimeOffset(token.ValidTo, TimeSpan.Zero),
        };
    }

    private static string? Text(JsonElement root, string path) =>
        Find(root, path) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? HeaderText.Of(text, path) : null;

    private static ImmutableArray<string> Texts(JsonElement root, string path) => Find(root, path) switch
    {
        { ValueKind: JsonValueKind.Array } list =>
            [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => HeaderText.Of(item.GetString(), path)!).Where(IsOneName)],
        { ValueKind: JsonValueKind.String } text =>
            [.. HeaderText.Of(text.GetString(), path)!.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)],
        _ => [],
    };

    /// <summary>Roles travel in a header, joined by commas: a name that holds one would be two.</summary>
    private static bool IsOneName(string name) => !name.Contains(',', StringComparison.Ordinal);

    /// <summary>A claim by its whole name first: names that are URLs hold dots. Then by descending at each dot.</summary>
    private static JsonElement? Find(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object) return null;
        if (element.TryGetProperty(path, out var whole)) return whole;
        for (var dot = path.IndexOf('.', StringComparison.Ordinal); dot > 0; dot = path.IndexOf('.', dot + 1))
        {
            if (element.TryGetProperty(path[..dot], out var inner) && Find(inner, path[(dot + 1)..]) is { } found)
                return found;
        }

        return null;
    }
}
