namespace Gateway.Identity;

/// <summary>Who vouches for callers. Bound from <c>Identity</c> in gateway.json.</summary>
internal sealed class IdentityOptions
{
    /// <summary>Where clients get tokens; named in <c>WWW-Authenticate</c>. Required unless the development identity runs.</summary>
    public string? AuthUrl { get; set; }

    /// <summary>
    /// The issuers whose tokens are accepted, by their <c>iss</c> claim. Empty, and no <see cref="Keystone"/>: the development identity is started, in
    /// Development only.
    /// </summary>
    public List<IssuerOptions> Issuers { get; set; } = [];

    /// <summary>The Keystone that is asked about tokens which are not those of an issuer.</summary>
    public KeystoneOptions? Keystone { get; set; }

    /// <summary>How many verified tokens are remembered at the most.</summary>
    public int CachedTokens { get; set; } = 20_000;

    /// <summary>
    /// Roles of which the bearer of an <c>X-Service-Token</c> must have one. Empty: <c>service</c>. (Binding adds to a list; a default in it could not be
    /// taken out.)
    /// </summary>
    public List<string> ServiceRoles { get; set; } = [];

    public FailedAttemptOptions FailedAttempts { get; set; } = new();
}

/// <summary>How many bad tokens one peer may present.</summary>
internal sealed class FailedAttemptOptions
{
    /// <summary>How many at once. 0: no limit.</summary>
    public int Burst { get; set; } = 100;

    /// <summary>How many a second after that.</summary>
    public int PerSecond { get; set; } = 5;

    /// <summary>How many peers are remembered at the most.</summary>
    public int Peers { get; set; } = 10_000;
}

/// <summary>One issuer of JSON Web Tokens (RFC 7519).</summary>
internal sealed class IssuerOptions
{
    /// <summary>The <c>iss</c> claim, compared exactly.</summary>
    public string Issuer { get; set; } = string.Empty;

    /// <summary>Accepted <c>aud</c> claims; at least one.</summary>
    public List<string> Audiences { get; set; } = [];

    /// <summary>Where the issuer publishes its keys (RFC 7517 set). One of this, <see cref="MetadataUrl"/> and <see cref="KeysFile"/>.</summary>
    public string? JwksUrl { get; set; }

    /// <summary>The issuer's discovery document, which names its key set: <c>https://…/.well-known/openid-configuration</c>.</summary>
    public string? MetadataUrl { get; set; }

    /// <summary>A file holding the key set, for issuers that publish none.</summary>
    public string? KeysFile { get; set; }

    /// <summary>A PEM file with the authority of the certificates there, for a private one; no other is then trusted. Not set: the system's authorities.</summary>
    public string? CaFile { get; set; }

    /// <summary>How often the keys are read again, in seconds; a key that the issuer has withdrawn counts no longer than this.</summary>
    public int RefreshSeconds { get; set; } = 300;

    /// <summary>The asymmetric signature algorithms (RFC 7518, section 3.1): who can check a signature with them cannot make one.</summary>
    public static readonly IReadOnlyList<string> AsymmetricAlgorithms =
        ["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

    /// <summary>Accepted signature algorithms; asymmetric ones only. Empty: all of them. (Binding adds to a list; a default in it could not be taken out.)</summary>
    public List<string> Algorithms { get; set; } = [];

    /// <summary>Tolerated difference between the issuer's clock and ours, in seconds.</summary>
    public int ClockSkewSeconds { get; set; } = 30;

    /// <summary>Which claim says what; a dot descends into an object, as in <c>realm_access.roles</c>.</summary>
    public ClaimOptions Claims { get; set; } = new();
}

/// <summary>Where in a token each part of a subject stands. The defaults are the development identity's, after Keystone's JWS tokens.</summary>
internal sealed record ClaimOptions
{
    public string UserId { get; set; } = "sub";

    public string UserName { get; set; } = "openstack_user_name";

    public string UserDomainId { get; set; } = "openstack_user_domain_id";

    public string UserDomainName { get; set; } = "openstack_user_domain_name";

    public string ProjectId { get; set; } = "openstack_project_id";

    public string ProjectName { get; set; } = "openstack_project_name";

    public string ProjectDomainId { get; set; } = "openstack_project_domain_id";

    public string ProjectDomainName { get; set; } = "openstack_project_domain_name";

    public string DomainId { get; set; } = "openstack_domain_id";

    public string DomainName { get; set; } = "openstack_domain_name";

    /// <summary>The claim that, when it reads <c>all</c>, makes the token system-scoped.</summary>
    public string System { get; set; } = "openstack_system";

    /// <summary>A list of role names, or one string of them separated by spaces or commas.</summary>
    public string Roles { get; set; } = "openstack_roles";

    /// <summary>Roles of a service that calls for the user by the same token, for issuers whose tokens say so.</summary>
    public string ServiceRoles { get; set; } = "openstack_service_roles";

    public string Methods { get; set; } = "openstack_methods";

    public string AuditIds { get; set; } = "openstack_audit_ids";

    public string ApplicationCredentialId { get; set; } = "openstack_app_cred_id";
}
