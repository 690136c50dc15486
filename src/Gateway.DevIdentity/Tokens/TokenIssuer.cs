using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Gateway.DevIdentity.Http;
using Gateway.DevIdentity.Users;

namespace Gateway.DevIdentity.Tokens;

/// <summary>Decides who gets a token, and which tokens still hold.</summary>
internal sealed class TokenIssuer(
    IdentityDirectory directory, TokenCodec codec, RevokedTokens revoked, DevIdentityOptions options, TimeProvider time)
{
    /// <summary>Answers an authentication request with a session, or with the fault to send.</summary>
    public bool TryIssue(AuthRequest request, [NotNullWhen(true)] out Session? session, out KeystoneFault fault)
    {
        session = null;
        fault = KeystoneFault.Unauthorized();
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        if (!TryIdentify(request, out var user, out var parent)) return false;
        if (!TryFindScope(request.Scope, out var scope)) return false;
        var roles = directory.RolesOf(user, scope);
        if (scope != Scope.None && roles.Count == 0) return false;

        var auditId = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        // As Keystone: a token made from a token expires with it, and names the first of the chain as its second audit id.
        var token = parent is null
            ? new Token(user.Id, request.Methods, [auditId], scope, now, now + options.TokenLifetime)
            : new Token(user.Id, [.. request.Methods.Union(parent.Methods, StringComparer.Ordinal)], [auditId, parent.AuditIds[^1]], scope, now, parent.ExpiresAt);
        session = new Session(token, user, roles);
        return true;
    }

    /// <summary>The session of a token that this service signed, that has neither expired nor been revoked, and whose user still has its roles.</summary>
    public Session? Validate(string? text)
    {
        if (string.IsNullOrEmpty(text) || codec.Read(text) is not { } token) return null;
        if (time.GetUtcNow() >= token.ExpiresAt || revoked.Contains(token)) return null;
        if (directory.UserById(token.UserId) is not { } user) return null;
        var roles = directory.RolesOf(user, token.Scope);
        return token.Scope == Scope.None || roles.Count > 0 ? new Session(token, user, roles) : null;
    }

    private bool TryIdentify(AuthRequest request, [NotNullWhen(true)] out User? user, out Token? parent)
    {
        (user, parent) = (null, null);
        foreach (var method in request.Methods)
        {
            User? proved;
            switch (method)
            {
                case AuthRequest.PasswordMethod:
                    proved = ByPassword(request.Password!);
                    break;
                case AuthRequest.TokenMethod:
                    var session = Validate(request.TokenId);
                    (proved, parent) = (session?.User, session?.Token);
                    break;
                default:
                    return false;
            }

            if (proved is null || (user is not null && user != proved)) return false;
            user = proved;
        }

        return user is not null;
    }

    private User? ByPassword(PasswordProof proof)
    {
        var user = proof.User.Id is { } id
            ? directory.UserById(id)
            : directory.Users.FirstOrDefault(candidate => candidate.Name == proof.User.Name && proof.User.Domain!.Names(candidate.Domain));
        return user is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(user.Password), Encoding.UTF8.GetBytes(proof.Password))
            ? user
            : null;
    }

    private bool TryFindScope(ScopeRequest wanted, [NotNullWhen(true)] out Scope? scope)
    {
        scope = wanted switch
        {
            ScopeRequest.Nothing => Scope.None,
            ScopeRequest.WholeSystem => Scope.WholeSystem,
            ScopeRequest.Domain(var name) => directory.Domains.FirstOrDefault(name.Names) is { } domain ? new Scope.OfDomain(domain.Id) : null,
            ScopeRequest.Project(var name) => FindProject(name) is { } project ? new Scope.OfProject(project.Id) : null,
            _ => null,
        };
        return scope is not null;
    }

    private Project? FindProject(QualifiedName name) => name.Id is { } id
        ? directory.ProjectById(id)
        : directory.Projects.FirstOrDefault(candidate => candidate.Name == name.Name && name.Domain!.Names(candidate.Domain));
}
