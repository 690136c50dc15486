namespace Gateway.DevIdentity;

/// <summary>What the development identity service needs to know. The defaults are those of a newcomer's machine.</summary>
public sealed class DevIdentityOptions
{
    /// <summary>Where to listen: one <c>http://address:port</c> URL; port 0 takes a free port.</summary>
    public string ListenUrl { get; set; } = "http://127.0.0.1:5000";

    /// <summary>The URL clients reach the service by, without <c>/v3</c>; null means the address it listens on.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>The compute endpoint of the catalogue. May be set after the start, when the port has become known.</summary>
    public string ComputeUrl { get; set; } = "http://127.0.0.1:8774/v2.1";

    /// <summary>The image endpoint of the catalogue. May be set after the start, when the port has become known.</summary>
    public string ImageUrl { get; set; } = "http://127.0.0.1:9292";

    /// <summary>The users, roles and projects (the format of <c>config/dev-identity.json</c>); null means the copy built into the program.</summary>
    public string? UsersFile { get; set; }

    /// <summary>Where the signing key and the revoked tokens are kept, so that a restart keeps tokens as they were; null keeps both in memory.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>How long a token lives, in whole seconds.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The environment this process runs in. Anything but <c>Development</c> is refused.</summary>
    public string EnvironmentName { get; set; } = "Production";

    /// <summary>
    /// Whether Ctrl-C and SIGTERM stop this host by themselves. Off inside another program, which ends its parts in its own order.
    /// </summary>
    public bool StopsOnSignals { get; set; }

    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
