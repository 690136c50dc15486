namespace Gateway.Identity;

/// <summary>The Keystone that is asked about tokens, and as whom. Bound from <c>Identity:Keystone</c> in gateway.json.</summary>
internal sealed class KeystoneOptions
{
    /// <summary>Its address, with or without <c>/v3</c>. Not set: <c>Identity:AuthUrl</c>, the address that clients use.</summary>
    public string? AuthUrl { get; set; }

    /// <summary>A PEM file with the authority of Keystone's certificate, for a private one; no other is then trusted. Not set: the system's authorities.</summary>
    public string? CaFile { get; set; }

    /// <summary>The service user: an id, or a name within a domain. It needs a role that may validate tokens, as <c>service</c> or <c>admin</c>.</summary>
    public string? UserId { get; set; }

    public string? UserName { get; set; }

    public string UserDomainName { get; set; } = "Default";

    public string? Password { get; set; }

    /// <summary>A file holding the password, readable by the gateway alone.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The project in which the service user has its role: an id, or a name within a domain.</summary>
    public string? ProjectId { get; set; }

    public string? ProjectName { get; set; }

    public string ProjectDomainName { get; set; } = "Default";

    /// <summary>Instead of user, password and project.</summary>
    public string? ApplicationCredentialId { get; set; }

    public string? ApplicationCredentialSecret { get; set; }

    /// <summary>A file holding the secret, readable by the gateway alone.</summary>
    public string? ApplicationCredentialSecretFile { get; set; }

    /// <summary>How long Keystone's word about a token is relied on without asking again, in seconds: a revoked token works no longer than this.</summary>
    public int StalenessSeconds { get; set; } = 60;

    /// <summary>How long a token that Keystone does not know is refused without asking again, in seconds. 0: not at all.</summary>
    public int NegativeSeconds { get; set; } = 10;

    /// <summary>How many such tokens are remembered at the most.</summary>
    public int CachedRefusals { get; set; } = 20_000;

    /// <summary>Longest time that a caller waits for Keystone, everything together, in milliseconds.</summary>
    public int TimeoutMilliseconds { get; set; } = 5_000;

    /// <summary>How many questions Keystone gets at once.</summary>
    public int MaxConcurrent { get; set; } = 16;

    /// <summary>How often Keystone's revocation events are read, in seconds, so that a revoked token is refused sooner. 0: never.</summary>
    public int RevocationSeconds { get; set; } = 5;

    /// <summary>
    /// A folder of PEM files, the public keys of Keystone's JWS tokens (its <c>[jwt_tokens] jws_public_key_repository</c>). Set: a JWS token is verified
    /// here first, and Keystone is asked, for its roles, only about good ones.
    /// </summary>
    public string? PublicKeysFolder { get; set; }

    /// <summary>Every problem, each with key, value and remedy.</summary>
    public IEnumerable<(string Key, string? Value, string Remedy)> Problems(string? authUrl)
    {
        if (!(Uri.TryCreate(AuthUrl ?? authUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            yield return (nameof(AuthUrl), AuthUrl ?? authUrl, "needed: the http or https address of Keystone, such as `https://keystone.example/v3`");
        if (ApplicationCredentialId is not null)
        {
            if (UserId is not null || UserName is not null || Password is not null || PasswordFile is not null)
                yield return (nameof(ApplicationCredentialId), ApplicationCredentialId, "an application credential stands instead of a user and password: set one or the other");
            if (ApplicationCredentialSecret is null == ApplicationCredentialSecretFile is null)
                yield return (nameof(ApplicationCredentialSecretFile), ApplicationCredentialSecretFile, "needed: the secret, in this file or as ApplicationCredentialSecret");
        }
        else
        {
            if (UserId is null == UserName is null)
                yield return (nameof(UserName), UserName, "needed: the service user that may validate tokens, as UserName or UserId (or an ApplicationCredentialId)");
            if (Password is null == PasswordFile is null) yield return (nameof(PasswordFile), PasswordFile, "needed: the service user's password, in this file or as Password");
            if (ProjectId is null == ProjectName is null)
                yield return (nameof(ProjectName), ProjectName, "needed: the project in which the service user has its role, as ProjectName or ProjectId");
        }

        foreach (var (key, file) in new[] { (nameof(PasswordFile), PasswordFile), (nameof(ApplicationCredentialSecretFile), ApplicationCredentialSecretFile) })
            if (file is not null && !File.Exists(file)) yield return (key, file, "no such file: write the secret there, readable by the gateway alone");
        if (CaFile is { } authority && TrustedAuthority.Problem(authority) is { } untrusted) yield return (nameof(CaFile), authority, untrusted);
        if (PublicKeysFolder is { } folder && !Directory.Exists(folder)) yield return (nameof(PublicKeysFolder), folder, "no such folder");
        foreach (var (key, value, least) in new[]
        {
            (nameof(StalenessSeconds), StalenessSeconds, 1), (nameof(NegativeSeconds), NegativeSeconds, 0), (nameof(CachedRefusals), CachedRefusals, 1),
            (nameof(TimeoutMilliseconds), TimeoutMilliseconds, 1), (nameof(MaxConcurrent), MaxConcurrent, 1), (nameof(RevocationSeconds), RevocationSeconds, 0),
        })
            if (value < least) yield return (key, value.ToString(System.Globalization.CultureInfo.InvariantCulture), $"must be at least {least}");
    }
}
