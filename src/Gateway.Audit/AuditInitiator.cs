namespace Gateway.Audit;

/// <summary>Who asked (CADF's INITIATOR), with the scope of the token and how the token was come by.</summary>
public sealed record AuditInitiator
{
    /// <summary>The user's id.</summary>
    public required string Id { get; init; }

    public string TypeUri { get; init; } = "service/security/account/user";

    public string? Name { get; init; }

    /// <summary>The user's own domain; the domain of the token's scope is <see cref="DomainId"/>.</summary>
    public string? Domain { get; init; }

    public string? ProjectId { get; init; }

    public string? ProjectName { get; init; }

    public string? ProjectDomainName { get; init; }

    public string? DomainId { get; init; }

    public string? DomainName { get; init; }

    /// <summary>The scope of a system token, <c>all</c>.</summary>
    public string? SystemScope { get; init; }

    /// <summary>Address of the peer that connected.</summary>
    public string? HostAddress { get; init; }

    /// <summary>The peer's User-Agent.</summary>
    public string? HostAgent { get; init; }

    /// <summary>Addresses that proxies before us named, nearest last; claims, not facts.</summary>
    public IReadOnlyList<string> Forwarded { get; init; } = [];

    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Keystone's authentication methods: <c>password</c>, <c>token</c>, ...</summary>
    public IReadOnlyList<string> AuthMethods { get; init; } = [];

    /// <summary>Keystone's audit ids of the token; they name it without being able to act as it.</summary>
    public IReadOnlyList<string> TokenAuditIds { get; init; } = [];

    public DateTimeOffset? TokenIssuedAt { get; init; }

    public DateTimeOffset? TokenExpiresAt { get; init; }

    public string? ApplicationCredentialId { get; init; }
}
