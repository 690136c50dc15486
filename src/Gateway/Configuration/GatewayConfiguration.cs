using System.Globalization;
using Gateway.Actions;
using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.Extensions.FileProviders;

namespace Gateway.Configuration;

/// <summary>The single place where configuration becomes options. Nothing else in the gateway reads <see cref="IConfiguration"/>.</summary>
internal sealed class GatewayConfiguration
{
    /// <summary>Environment variables of the gateway: <c>COMPUTE_GATEWAY_Listen__Data</c> sets <c>Listen:Data</c>.</summary>
    public const string EnvironmentPrefix = "COMPUTE_GATEWAY_";

    private const string CustomaryFile = "config/gateway.json";

    private GatewayConfiguration(IConfigurationRoot root, GatewayOptions options, string source)
    {
        Root = root;
        Options = options;
        Source = source;
    }

    public IConfigurationRoot Root { get; }

    public GatewayOptions Options { get; }

    /// <summary>Where the configuration was read.</summary>
    public string Source { get; }

    /// <summary>The backends, or identity, are not configured and must be stood in for.</summary>
    public bool NeedsComputeStandIn => Options.ReverseProxy.Clusters.Count == 0;

    /// <inheritdoc cref="NeedsComputeStandIn"/>
    public bool NeedsIdentityStandIn => Options.Identity is { Issuers.Count: 0, Keystone: null };

    /// <summary>
    /// Reads <c>--config FILE</c>, else <c>config/gateway.json</c> below the working directory, else the copy inside the program; then the
    /// environment, then the command line; and validates all of it.
    /// </summary>
    /// <exception cref="ConfigurationException">Something is wrong; the message says everything that is.</exception>
    public static GatewayConfiguration Load(string[] args, bool isDevelopment)
    {
        var commandLine = new ConfigurationBuilder().AddCommandLine(args).Build();
        var builder = new ConfigurationBuilder();
        var source = AddFile(builder, commandLine["config"]);
        builder.AddEnvironmentVariables(EnvironmentPrefix);
        builder.AddCommandLine([.. WithoutConfig(args)]);

        IConfigurationRoot root;
        try
        {
            root = builder.Build();
        }
        catch (InvalidDataException e)
        {
            throw new ConfigurationException([new ConfigurationProblem(source, "(file)", null, $"not readable as JSON: {e.GetBaseException().Message}")]);
        }

        var problems = ConfigurationShape.Check(root, typeof(GatewayOptions)).ToList();
        if (Bind(root, problems.Count > 0) is not { } options) throw new ConfigurationException(problems);
        // Clients and the gateway mostly reach Keystone at the same address.
        options.Identity.AuthUrl ??= options.Identity.Keystone?.AuthUrl;
        problems.AddRange(Validate(root, options, isDevelopment));
        return problems.Count == 0 ? new GatewayConfiguration(root, options, source) : throw new ConfigurationException(problems);
    }

    /// <summary>Null when a value that does not convert, and was reported as such, keeps the rest from being looked at.</summary>
    private static GatewayOptions? Bind(IConfigurationRoot root, bool hasProblems)
    {
        try
        {
            return root.Get<GatewayOptions>() ?? new GatewayOptions();
        }
        catch (InvalidOperationException) when (hasProblems)
        {
            return null;
        }
    }

    /// <summary>The routes and clusters for YARP; in front of the stand-in, the one it has.</summary>
    public IConfiguration ProxySection => Root.GetSection("ReverseProxy");

    private static string AddFile(ConfigurationBuilder builder, string? named)
    {
        if (named is not null && !File.Exists(named))
            throw new ConfigurationException([new ConfigurationProblem("command line", "--config", named, "no such file")]);
        if (named is not null || File.Exists(CustomaryFile))
        {
            var path = Path.GetFullPath(named ?? CustomaryFile);
            builder.AddJsonFile(new PhysicalFileProvider(Path.GetDirectoryName(path)!), Path.GetFileName(path), optional: false, reloadOnChange: false);
            return named ?? CustomaryFile;
        }

        builder.AddJsonStream(EmbeddedFile.Open(CustomaryFile));
        return "built-in " + CustomaryFile;
    }

    private static IEnumerable<string> WithoutConfig(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "--config" or "-config" or "/config") i++;
            else if (!args[i].StartsWith("--config=", StringComparison.Ordinal)) yield return args[i];
        }
    }

    private static IEnumerable<ConfigurationProblem> Validate(IConfigurationRoot root, GatewayOptions options, bool isDevelopment)
    {
        ConfigurationProblem At(string key, string? value, string remedy) => new(ConfigurationShape.SourceOf(root, key), key, value, remedy);

        if (ListenAddress.Problem(options.Listen.Data) is { } data) yield return At("Listen:Data", options.Listen.Data, data);
        if (ListenAddress.Problem(options.Listen.Admin) is { } admin) yield return At("Listen:Admin", options.Listen.Admin, admin);
        if (options.Listen.Data == options.Listen.Admin && !options.Listen.Data.EndsWith(":0", StringComparison.Ordinal))
            yield return At("Listen:Admin", options.Listen.Admin, "must differ from Listen:Data: nothing of the admin port may be reached through the data port");
        foreach (var (key, value, remedy) in CertificateProblems(options.Listen)) yield return At($"Listen:{key}", value, remedy);
        if (!Microversion.TryParse(options.Api.MaxMicroversion, out var highest) || highest < new Microversion(2, 1))
            yield return At("Api:MaxMicroversion", options.Api.MaxMicroversion, "must be a microversion from 2.1 up, such as `2.96`");

        for (var i = 0; i < options.Identity.Issuers.Count; i++)
        {
            foreach (var (key, value, remedy) in IssuerProblems(options.Identity.Issuers[i]))
                yield return At($"Identity:Issuers:{i}:{key}", value, remedy);
        }

        foreach (var duplicate in options.Identity.Issuers.GroupBy(issuer => issuer.Issuer, StringComparer.Ordinal).Where(group => group.Count() > 1))
            yield return At("Identity:Issuers", duplicate.Key, "listed more than once: give each issuer one entry, with all its audiences");
        foreach (var (key, value, remedy) in options.Identity.Keystone?.Problems(options.Identity.AuthUrl) ?? [])
            yield return At($"Identity:Keystone:{key}", value, remedy);
        if (options.Identity.Issuers.Count > 0 && string.IsNullOrEmpty(options.Identity.AuthUrl))
            yield return At("Identity:AuthUrl", null, "needed: the address where clients get tokens, such as `https://keystone.example/v3`");
        if (options.Policy.File is { } policy && !File.Exists(policy)) yield return At("Policy:File", policy, "no such file");
        foreach (var directory in options.Policy.Directories.Where(directory => !Directory.Exists(directory)))
            yield return At("Policy:Directories", directory, "no such directory");
        if (options.Limits.File is { } limits && !File.Exists(limits)) yield return At("Limits:File", limits, "no such file");
        if (options.Limits.Redis.Connection is { } redis && Limits.RedisConnection.Problem(redis) is { } unusable)
            // The value is not shown: it may hold a password.
            yield return At("Limits:Redis:Connection", null, $"cannot be used: {unusable}; write one such as `redis-1:6379,redis-2:6379,user=…,password=…,ssl=true`");
        if (PostgresProblem(options.Audit.Postgres) is { } database) yield return At("Audit:Postgres", null, database);
        if (options.Audit is { Postgres: not null, RetentionDays: { } days })
            yield return At("Audit:RetentionDays", days.ToString(CultureInfo.InvariantCulture), "is for the SQLite store alone: the gateways' role in PostgreSQL may delete nothing; see docs/audit.md");
        foreach (var (name, sink) in options.Audit.Sinks)
            foreach (var (key, value, remedy) in sink.Problems(name)) yield return At($"Audit:Sinks:{name}{(key.Length == 0 ? "" : ":" + key)}", value, remedy);
        if (options.Audit.Rules is { } auditRules && !File.Exists(auditRules)) yield return At("Audit:Rules", auditRules, "no such file");
        if (options.Api.Catalogue is { } folder && !Directory.Exists(folder)) yield return At("Api:Catalogue", folder, "no such folder");
        if (options.Api.Unlisted is not (ApiOptions.Refuse or ApiOptions.AllowAdmin))
            yield return At("Api:Unlisted", options.Api.Unlisted, $"must be `{ApiOptions.Refuse}` or `{ApiOptions.AllowAdmin}`");
        foreach (var (key, value, least) in Numbers(options))
            if (value < least) yield return At(key, value.ToString(CultureInfo.InvariantCulture), $"must be at least {least}");
        if (string.IsNullOrWhiteSpace(options.Audit.GatewayId)) yield return At("Audit:GatewayId", options.Audit.GatewayId, "must name this gateway");

        foreach (var (key, value, remedy) in ProxyProblems(options.ReverseProxy)) yield return At($"ReverseProxy:{key}", value, remedy);
        foreach (var (place, problem) in options.ReverseProxy.Clusters.SelectMany(cluster => ClusterIdentity.Problems(cluster.Value with { ClusterId = cluster.Key })))
            yield return At(place, null, problem);
        if (isDevelopment) yield break;
        if (options.ReverseProxy.Clusters.Count == 0)
            yield return At("ReverseProxy:Clusters", null, "needed outside Development: name the compute API's address; the simulated one runs in Development only");
        if (options.Identity is { Issuers.Count: 0, Keystone: null })
            yield return At("Identity:Issuers", null, "needed outside Development: name a token issuer, or Identity:Keystone; the development identity runs in Development only");
    }

    private static IEnumerable<(string Key, string? Value, string Remedy)> CertificateProblems(ListenOptions listen)
    {
        if (listen.CertificateFile is not { } certificate)
        {
            if (ListenAddress.IsSecure(listen.Data) || ListenAddress.IsSecure(listen.Admin))
                yield return ("CertificateFile", null, "needed for an https address: the certificate in PEM");
            if (listen.KeyFile is not null) yield return ("KeyFile", listen.KeyFile, "belongs to a CertificateFile: name that too");
        }
        else if (!File.Exists(certificate))
        {
            yield return ("CertificateFile", certificate, "no such file");
        }
        else if (listen.KeyFile is { } key && !File.Exists(key))
        {
            yield return ("KeyFile", key, "no such file");
        }
        else if (ListenerCertificate.Problem(certificate, listen.KeyFile) is { } problem)
        {
            yield return ("CertificateFile", certificate, problem);
        }
    }

    /// <summary>The value is not repeated: it may hold a password.</summary>
    private static string? PostgresProblem(string? connectionString)
    {
        try
        {
            return connectionString is null || Audit.PostgresLog.NameOf(connectionString).Length > 0 ? null : "";
        }
        catch (ArgumentException)
        {
            return "not a connection string: write one such as `Host=db.example;Database=audit;Username=gateway`";
        }
    }

    private static IEnumerable<(string Key, int Value, int Least)> Numbers(GatewayOptions options) =>
    [
        ("Policy:ReloadSeconds", options.Policy.ReloadSeconds, 1),
        ("Audit:DeadlineMilliseconds", options.Audit.DeadlineMilliseconds, 1),
        ("Audit:MaxBatch", options.Audit.MaxBatch, 1),
        ("Audit:CheckpointSeconds", options.Audit.CheckpointSeconds, 1),
        ("Audit:SegmentMegabytes", options.Audit.SegmentMegabytes, 1),
        ("Audit:RetentionDays", options.Audit.RetentionDays ?? 1, 1),
        ("Identity:CachedTokens", options.Identity.CachedTokens, 1),
        ("Limits:Redis:WaitMilliseconds", options.Limits.Redis.WaitMilliseconds, 1),
        ("Limits:Redis:Gateways", options.Limits.Redis.Gateways, 1),
        ("Identity:FailedAttempts:Burst", options.Identity.FailedAttempts.Burst, 0),
        ("Identity:FailedAttempts:PerSecond", options.Identity.FailedAttempts.PerSecond, 1),
        ("Identity:FailedAttempts:Peers", options.Identity.FailedAttempts.Peers, 1),
        ("Targets:CachedServers", options.Targets.CachedServers, 1),
        ("Targets:LookupTimeoutMilliseconds", options.Targets.LookupTimeoutMilliseconds, 1),
        ("StandIns:TokenSeconds", options.StandIns.TokenSeconds, 1),
        ("StandIns:StepMilliseconds", options.StandIns.StepMilliseconds, 0),
    ];

    /// <summary>What YARP would take, and answer every request with 404 or 503.</summary>
    private static IEnumerable<(string Key, string? Value, string Remedy)> ProxyProblems(ReverseProxyOptions proxy)
    {
        if (proxy.Clusters.Count > 0 && proxy.Routes.Count == 0)
            yield return ("Routes", null, "needed: a route to a cluster, such as one with `Match` `Path` `/{**path}`; without one every request is 404");
        foreach (var (name, route) in proxy.Routes)
        {
            if (route.ClusterId is not { } cluster || !proxy.Clusters.ContainsKey(cluster))
                yield return ($"Routes:{name}:ClusterId", route.ClusterId, $"no such cluster: known here are {string.Join(", ", proxy.Clusters.Keys)}");
        }

        foreach (var (name, cluster) in proxy.Clusters)
        {
            if (SchemaModes.Problem(cluster.Metadata) is { } remedy)
                yield return ($"Clusters:{name}:Metadata:{SchemaModes.MetadataKey}", cluster.Metadata![SchemaModes.MetadataKey], remedy);
            if (cluster.Destinations is not { Count: > 0 } destinations)
            {
                yield return ($"Clusters:{name}:Destinations", null, "needed: at least one, each with the `Address` of a compute API");
                continue;
            }

            foreach (var (key, destination) in destinations)
            {
                if (!Uri.TryCreate(destination.Address, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                    yield return ($"Clusters:{name}:Destinations:{key}:Address", destination.Address, "must be an http or https address, such as `http://10.0.0.5:8774`");
            }
        }
    }

    private static IEnumerable<(string Key, string? Value, string Remedy)> IssuerProblems(IssuerOptions issuer)
    {
        if (issuer.Issuer.Length == 0) yield return ("Issuer", null, "needed: the exact `iss` claim of its tokens");
        if (issuer.Audiences.Count == 0) yield return ("Audiences", null, "needed: at least one `aud` claim to accept");
        if (new[] { issuer.JwksUrl, issuer.MetadataUrl, issuer.KeysFile }.Count(one => one is not null) != 1)
            yield return ("JwksUrl", issuer.JwksUrl, "set exactly one of JwksUrl, MetadataUrl and KeysFile");
        foreach (var (key, url) in new[] { ("JwksUrl", issuer.JwksUrl), ("MetadataUrl", issuer.MetadataUrl) })
        {
            if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"))
                yield return (key, url, "must be an http or https address");
        }

        if (issuer.KeysFile is { } file && !File.Exists(file)) yield return ("KeysFile", file, "no such file");
        if (issuer.CaFile is { } authority && TrustedAuthority.Problem(authority) is { } untrusted) yield return ("CaFile", authority, untrusted);
        foreach (var algorithm in issuer.Algorithms.Where(name => !IssuerOptions.AsymmetricAlgorithms.Contains(name)))
            yield return ("Algorithms", algorithm, "must be one of the asymmetric ES, RS or PS algorithms: whoever can check an HMAC can also forge it");
        if (issuer.RefreshSeconds < 1) yield return ("RefreshSeconds", issuer.RefreshSeconds.ToString(CultureInfo.InvariantCulture), "must be at least 1");
        if (issuer.ClockSkewSeconds is < 0 or > 300) yield return ("ClockSkewSeconds", issuer.ClockSkewSeconds.ToString(), "must lie between 0 and 300");
    }
}
