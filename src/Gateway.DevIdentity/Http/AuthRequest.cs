using Gateway.DevIdentity.Users;

namespace Gateway.DevIdentity.Http;

/// <summary>The body of <c>POST /v3/auth/tokens</c>, read: who proves what how, and what the token shall be good for.</summary>
internal sealed record AuthRequest(IReadOnlyList<string> Methods, PasswordProof? Password, string? TokenId, ScopeRequest Scope)
{
    public const string PasswordMethod = "password";
    public const string TokenMethod = "token";
}

internal sealed record PasswordProof(QualifiedName User, string Password);

/// <summary>A user or project, by id, or by name within a domain.</summary>
internal sealed record QualifiedName(string? Id, string? Name, DomainName? Domain);

/// <summary>A domain, by id or by name.</summary>
internal sealed record DomainName(string? Id, string? Name)
{
    public bool Names(Domain domain) => Id is not null ? Id == domain.Id : Name == domain.Name;
}

internal abstract record ScopeRequest
{
    internal sealed record Nothing : ScopeRequest;

    internal sealed record WholeSystem : ScopeRequest;

    internal sealed record Domain(DomainName Name) : ScopeRequest;

    internal sealed record Project(QualifiedName Name) : ScopeRequest;
}
