using System.Collections.Immutable;

namespace Gateway.Identity;

/// <summary>Who asks: user, project, roles and scope, as a verified token says.</summary>
internal sealed record Subject
{
    public required string UserId { get; init; }

    public string? UserName { get; init; }

    public string? UserDomainId { get; init; }

    public string? UserDomainName { get; init; }

    /// <summary>Null for domain-scoped, system-scoped and unscoped tokens.</summary>
    public string? ProjectId { get; init; }

    public string? ProjectName { get; init; }

    public string? ProjectDomainId { get; init; }

    public string? ProjectDomainName { get; init; }

    public string? DomainId { get; init; }

    public string? DomainName { get; init; }

    /// <summary><c>all</c> for a system-scoped token, otherwise null.</summary>
    public string? SystemScope { get; init; }

    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>Keystone's word on whether the project is its administrators'; null when it says nothing, which OpenStack reads as yes.</summary>
    public bool? IsAdminProject { get; init; }

    public ImmutableArray<string> AuthMethods { get; init; } = [];

    /// <summary>The ids by which the identity service's own audit knows this token, its own first; never the token.</summary>
    public ImmutableArray<string> AuditIds { get; init; } = [];

    /// <summary>The application credential that the token was got with.</summary>
    public string? ApplicationCredentialId { get; init; }

    /// <summary>The only calls that the application credential allows; null when it does not restrict them.</summary>
    public AccessRules? AccessRules { get; init; }

    /// <summary>The service on whose behalf the user's call arrives, by a token of its own. Its roles are never the user's.</summary>
    public ServiceIdentity? Service { get; init; }

    public DateTimeOffset? IssuedAt { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When Keystone was asked about the token, by the monotonic clock; null for a token that is verified here.</summary>
    public long? Confirmed { get; init; }
}

/// <summary>A service that calls for a user, as its own token says.</summary>
internal sealed record ServiceIdentity
{
    public string? UserId { get; init; }

    public string? UserName { get; init; }

    public string? UserDomainId { get; init; }

    public string? ProjectId { get; init; }

    public string? ProjectName { get; init; }

    public string? ProjectDomainId { get; init; }

    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>The bearer of a service token.</summary>
    public static ServiceIdentity Of(Subject bearer) => new()
    {
        UserId = bearer.UserId,
        UserName = bearer.UserName,
        UserDomainId = bearer.UserDomainId,
        ProjectId = bearer.ProjectId,
        ProjectName = bearer.ProjectName,
        ProjectDomainId = bearer.ProjectDomainId,
        Roles = bearer.Roles,
    };
}
