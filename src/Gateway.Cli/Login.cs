namespace Gateway.Cli;

/// <summary>How to log in to Keystone, complete; the URL is that of version 3 of the identity API, without a slash at the end.</summary>
internal sealed record Login(IdentityService Service, LoginProof Proof, LoginScope Scope);

/// <summary>Where the identity service is, and whose certificate it may have.</summary>
internal sealed record IdentityService(string AuthUrl, ServerTrust Trust);

internal abstract record LoginProof
{
    internal sealed record Password(LoginName User, string Secret) : LoginProof;

    /// <summary>An application credential: its id, or its name together with its user.</summary>
    internal sealed record Credential(LoginDomain Name, LoginName? User, string Secret) : LoginProof;

    internal sealed record Token(string Id) : LoginProof;
}

internal abstract record LoginScope
{
    internal sealed record None : LoginScope;

    internal sealed record System : LoginScope;

    internal sealed record Project(LoginName Name) : LoginScope;

    internal sealed record Domain(LoginDomain Name) : LoginScope;
}

/// <summary>A user or project: an id, or a name within a domain.</summary>
internal sealed record LoginName(string? Id, string? Name, LoginDomain Domain)
{
    public override string ToString() => Id ?? Name ?? "";
}

/// <summary>A domain, or an application credential: an id or a name.</summary>
internal sealed record LoginDomain(string? Id, string? Name)
{
    public override string ToString() => Id ?? Name ?? "";
}
