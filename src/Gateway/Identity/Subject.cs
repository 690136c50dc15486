using System.Collections.Immutable;

namespace Gateway.Identity;

/// <summary>Who asks: user, project, roles and scope, as a verified token says.</summary>
internal sealed record Subject
{
    public required string UserId { get; init; }

    public string? UserName { get; init; }

    public string? UserDomainId { get; init; }

    /// <summary>Null for domain-scoped, system-scoped and unscoped tokens.</summary>
    public string? ProjectId { get; init; }

    public string? ProjectName { get; init; }

    public string? ProjectDomainId { get; init; }

    public string? DomainId { get; init; }

    /// <summary><c>all</c> for a system-scoped token, otherwise null.</summary>
    public string? SystemScope { get; init; }

    public ImmutableArray<string> Roles { get; init; } = [];

    public ImmutableArray<string> AuthMethods { get; init; } = [];

    /// <summary>The ids by which the identity service's own audit knows this token; never the token.</summary>
    public ImmutableArray<string> AuditIds { get; init; } = [];

    public DateTimeOffset? IssuedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }
}
