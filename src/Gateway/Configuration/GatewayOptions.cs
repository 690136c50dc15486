using Gateway.Actions;
using Gateway.Auditing;
using Gateway.Identity;
using Gateway.Limits;
using Gateway.Policies;
using Gateway.Targets;

namespace Gateway.Configuration;

/// <summary>Everything an operator sets, bound once at start. The shape of config/gateway.json.</summary>
internal sealed class GatewayOptions
{
    public ListenOptions Listen { get; set; } = new();

    /// <summary>Where the gateway keeps its files: the audit store, and in Development the stand-ins' databases.</summary>
    public string DataDirectory { get; set; } = "data";

    public ApiOptions Api { get; set; } = new();

    public IdentityOptions Identity { get; set; } = new();

    public TargetOptions Targets { get; set; } = new();

    public PolicyStoreOptions Policy { get; set; } = new();

    public LimitsOptions Limits { get; set; } = new();

    public AuditingOptions Audit { get; set; } = new();

    public StandInOptions StandIns { get; set; } = new();

    /// <summary>YARP's own configuration: routes and clusters.</summary>
    public ReverseProxyOptions ReverseProxy { get; set; } = new();
}

/// <summary>The two listeners.</summary>
internal sealed class ListenOptions
{
    /// <summary>The compute API, for users. Nothing else is reachable here.</summary>
    public string Data { get; set; } = "http://127.0.0.1:8774";

    /// <summary>Health, metrics and administration, for operators.</summary>
    public string Admin { get; set; } = "http://127.0.0.1:8776";

    /// <summary>The certificate of <c>https</c> addresses, with those between it and a trusted one below it: PEM.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>Its private key: PEM, not encrypted. Not set: in the certificate's file.</summary>
    public string? KeyFile { get; set; }
}

/// <summary>The services that stand in, in Development only, for what is not configured.</summary>
internal sealed class StandInOptions
{
    /// <summary>Where the users are looked for when nothing else is said.</summary>
    public const string CustomaryUsersFile = "config/dev-identity.json";

    public string Identity { get; set; } = "http://127.0.0.1:5000";

    public string Compute { get; set; } = "http://127.0.0.1:18774";

    public string Image { get; set; } = "http://127.0.0.1:9292";

    /// <summary>
    /// The users of the development identity. Not set: config/dev-identity.json below the working directory when it is there, otherwise those that
    /// come with the gateway.
    /// </summary>
    public string? UsersFile { get; set; }

    /// <summary>How long the development identity's tokens live, in seconds.</summary>
    public int TokenSeconds { get; set; } = 3600;

    /// <summary>How long each step of the simulated driver takes, in milliseconds.</summary>
    public int StepMilliseconds { get; set; } = 300;
}

/// <summary>YARP's section. It is bound and validated by YARP; here it is only looked at for unknown keys.</summary>
internal sealed class ReverseProxyOptions
{
    public Dictionary<string, Yarp.ReverseProxy.Configuration.RouteConfig> Routes { get; set; } = [];

    public Dictionary<string, Yarp.ReverseProxy.Configuration.ClusterConfig> Clusters { get; set; } = [];
}
