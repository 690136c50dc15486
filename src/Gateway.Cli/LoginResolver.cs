namespace Gateway.Cli;

internal enum SystemScope
{
    None,
    Whole,
}

/// <summary>What the command line says about logging in.</summary>
internal sealed record LoginChoice(string? User, string? Password, string? Project, SystemScope System, string? AuthUrl, string? Cloud);

/// <summary>
/// Completes a login from the command line, clouds.yaml and <c>OS_*</c>. One of them is the base (a cloud when one is named, else <c>OS_*</c>) and the command
/// line goes over it, so that one user's password is never sent with another's name.
/// </summary>
internal static class LoginResolver
{
    private static readonly string[] ProjectKeys = ["project_id", "project_name", "tenant_id", "tenant_name"];
    private static readonly string[] OtherScopeKeys = ["system_scope", "domain_id", "domain_name"];
    private const string NoUrl = "the identity service's URL is missing: pass `--auth-url`, or set OS_AUTH_URL";
    private static readonly string[] SecretKeys = ["password", "token", "application_credential_id", "application_credential_name", "application_credential_secret"];

    /// <exception cref="CommandFault">Something is missing or contradicts itself.</exception>
    public static Login Resolve(LoginChoice choice, Terminal terminal)
    {
        if (choice.Project is not null && choice.System == SystemScope.Whole)
            throw new CommandFault(ExitCode.Usage, "`--project` and `--system` exclude each other: pass one");
        var settings = Base(choice, terminal);
        ApplyChoice(settings, choice);
        return Build(settings, terminal);
    }

    /// <summary>The identity service, for a command that needs nothing else.</summary>
    /// <exception cref="CommandFault">Nothing says where it is.</exception>
    public static IdentityService Service(LoginChoice choice, Terminal terminal)
    {
        var settings = Base(choice, terminal);
        ApplyChoice(settings, choice);
        var (url, problem) = Url(settings);
        var (trust, untrusted) = Trust(settings, terminal);
        return url is not null && trust is not null ? new IdentityService(url, trust) : throw new CommandFault(ExitCode.Usage, problem ?? untrusted ?? NoUrl);
    }

    private static Dictionary<string, string> Base(LoginChoice choice, Terminal terminal)
    {
        var clouds = CloudsFile.Find(terminal);
        var variables = terminal.Variables
            .Where(pair => pair.Key.StartsWith("OS_", StringComparison.Ordinal) && pair.Value.Length > 0)
            .ToDictionary(pair => pair.Key[3..].ToLowerInvariant(), pair => pair.Value, StringComparer.Ordinal);

        if (choice.Cloud is { } cloud) return FromCloud(clouds, cloud, "--os-cloud", choice, variables);
        if (choice.User is { } user && clouds?.Find(user) is not null) return FromCloud(clouds, user, "--user", choice with { User = null }, variables);
        if (terminal.Variable("OS_CLOUD") is { } chosen) return FromCloud(clouds, chosen, "OS_CLOUD", choice, variables);
        if (variables.ContainsKey("auth_url") || choice.AuthUrl is not null) return WithUser(variables, choice.User);
        throw new CommandFault(ExitCode.Usage, choice.User is null
            ? $"nothing says who logs in: pass `--user` or `--os-cloud`, or set OS_CLOUD or OS_AUTH_URL; {Listed(clouds)}"
            : $"--user: no cloud `{choice.User}`, and nothing says where to log in: pass `--auth-url`, or set OS_AUTH_URL; {Listed(clouds)}");
    }

    private static Dictionary<string, string> FromCloud(
        CloudsFile? clouds, string name, string source, LoginChoice choice, Dictionary<string, string> variables)
    {
        var entry = clouds?.Find(name) ?? throw new CommandFault(ExitCode.Usage, $"{source}: no cloud `{name}`; {Listed(clouds)}");
        var settings = WithUser(new Dictionary<string, string>(entry, StringComparer.Ordinal), choice.User);
        // The one thing people keep out of clouds.yaml.
        var sameUser = !variables.TryGetValue("username", out var username) || username == settings.GetValueOrDefault("username");
        if (sameUser && !settings.ContainsKey("password") && variables.TryGetValue("password", out var password)) settings["password"] = password;
        // The openstack client takes it for an option, which goes over the cloud.
        if (variables.TryGetValue("cacert", out var authority)) settings["cacert"] = authority;
        return settings;
    }

    /// <summary>Another user than the settings are for brings its own secret.</summary>
    private static Dictionary<string, string> WithUser(Dictionary<string, string> settings, string? user)
    {
        if (user is null || settings.GetValueOrDefault("username") == user) return settings;
        if (settings.Remove("user_id") | settings.Remove("username"))
            foreach (var key in SecretKeys) settings.Remove(key);
        settings["username"] = user;
        return settings;
    }

    private static void ApplyChoice(Dictionary<string, string> settings, LoginChoice choice)
    {
        if (choice.AuthUrl is { } url) settings["auth_url"] = url;
        if (choice.Password is { } password)
        {
            settings["password"] = password;
            settings.Remove("token");
            settings.Remove("auth_type");
        }

        if (choice.Project is not null || choice.System == SystemScope.Whole)
            foreach (var key in ProjectKeys.Concat(OtherScopeKeys)) settings.Remove(key);
        if (choice.Project is { } project) settings[IsId(project) ? "project_id" : "project_name"] = project;
        if (choice.System == SystemScope.Whole) settings["system_scope"] = "all";
    }

    private static Login Build(Dictionary<string, string> settings, Terminal terminal)
    {
        var userDomain = DomainOf(settings, "user_domain") ?? DomainOf(settings, "default_domain")
            ?? new LoginDomain(settings.GetValueOrDefault("default_domain") ?? "default", Name: null);
        var missing = new List<string>();
        var (url, unusable) = Url(settings);
        if (url is null && unusable is null) missing.Add(NoUrl);
        var proof = Proof(settings, userDomain, missing);
        var scope = Scope(settings, userDomain, proof, missing);
        if (unusable is not null) missing.Add(unusable);
        var (trust, untrusted) = Trust(settings, terminal);
        if (untrusted is not null) missing.Add(untrusted);
        return missing.Count == 0 ? new Login(new IdentityService(url!, trust!), proof!, scope) : throw new CommandFault(ExitCode.Usage, missing);
    }

    /// <summary>The URL with its version, or what is wrong with it; neither when there is none.</summary>
    private static (string? Url, string? Problem) Url(Dictionary<string, string> settings) =>
        !settings.TryGetValue("auth_url", out var url) ? (null, null)
        : Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https" ? (Version3(url), null)
        : (null, $"auth_url: `{url}` is not an http or https URL: write one such as http://127.0.0.1:5000/v3");

    /// <summary>Whose certificate the service may have, as the openstack client reads it; or what is wrong.</summary>
    private static (ServerTrust? Trust, string? Problem) Trust(Dictionary<string, string> settings, Terminal terminal)
    {
        foreach (var (key, meansAnybody) in new[] { ("insecure", true), ("verify", false) })
        {
            if (!settings.TryGetValue(key, out var text)) continue;
            if (!bool.TryParse(text, out var value)) return (null, $"{key}: `{text}` is neither `true` nor `false`");
            if (value == meansAnybody) return (new ServerTrust.OfAnybody(), null);
        }

        return settings.TryGetValue("cacert", out var file) ? ServerTrust.Read(file, terminal) : (new ServerTrust.OfSystem(), null);
    }

    private static LoginProof? Proof(Dictionary<string, string> settings, LoginDomain userDomain, List<string> missing)
    {
        var type = settings.GetValueOrDefault("auth_type") ?? (settings.ContainsKey("application_credential_secret") ? "v3applicationcredential"
            : settings.ContainsKey("password") || !settings.ContainsKey("token") ? "password" : "token");
        switch (type)
        {
            case "password" or "v3password":
                var (id, name) = (settings.GetValueOrDefault("user_id"), settings.GetValueOrDefault("username"));
                if (id is null && name is null) missing.Add("nothing says who logs in: pass `--user`, or set OS_USERNAME");
                if (!settings.TryGetValue("password", out var password)) missing.Add($"no password{((id ?? name) is { } who ? $" for `{who}`" : "")}: pass `--password`, or set OS_PASSWORD");
                return password is null ? null : new LoginProof.Password(new LoginName(id, name, userDomain), password);
            case "v3applicationcredential":
                return Credential(settings, userDomain, missing);
            case "token" or "v3token":
                if (settings.TryGetValue("token", out var token)) return new LoginProof.Token(token);
                missing.Add("auth_type is `token` and there is no token: set OS_TOKEN");
                return null;
            default:
                missing.Add($"auth_type: cannot log in by `{type}`: use `password`, `v3applicationcredential` or `token`");
                return null;
        }
    }

    private static LoginProof.Credential? Credential(Dictionary<string, string> settings, LoginDomain userDomain, List<string> missing)
    {
        var (id, name) = (settings.GetValueOrDefault("application_credential_id"), settings.GetValueOrDefault("application_credential_name"));
        var (userId, userName) = (settings.GetValueOrDefault("user_id"), settings.GetValueOrDefault("username"));
        if (id is null && name is null) missing.Add("no application credential: set OS_APPLICATION_CREDENTIAL_ID");
        if (id is null && name is not null && userId is null && userName is null)
            missing.Add($"whose is application credential `{name}`: set OS_USERNAME, or OS_APPLICATION_CREDENTIAL_ID instead of its name");
        if (!settings.TryGetValue("application_credential_secret", out var secret)) missing.Add("no secret of the application credential: set OS_APPLICATION_CREDENTIAL_SECRET");
        return secret is null ? null : new LoginProof.Credential(new LoginDomain(id, name), id is null ? new LoginName(userId, userName, userDomain) : null, secret);
    }

    private static LoginScope Scope(Dictionary<string, string> settings, LoginDomain userDomain, LoginProof? proof, List<string> missing)
    {
        // It is for the one project that it was made for.
        if (proof is LoginProof.Credential) return new LoginScope.None();
        if (settings.TryGetValue("system_scope", out var system))
        {
            if (system != "all") missing.Add($"system_scope: there is no `{system}`: write `all`");
            return new LoginScope.System();
        }

        var id = settings.GetValueOrDefault("project_id") ?? settings.GetValueOrDefault("tenant_id");
        var name = settings.GetValueOrDefault("project_name") ?? settings.GetValueOrDefault("tenant_name");
        if (id is not null || name is not null) return new LoginScope.Project(new LoginName(id, name, DomainOf(settings, "project_domain") ?? userDomain));
        return DomainOf(settings, "domain") is { } domain ? new LoginScope.Domain(domain) : new LoginScope.None();
    }

    private static LoginDomain? DomainOf(Dictionary<string, string> settings, string prefix) =>
        settings.TryGetValue($"{prefix}_id", out var id) ? new LoginDomain(id, Name: null)
        : settings.TryGetValue($"{prefix}_name", out var name) ? new LoginDomain(Id: null, name)
        : null;

    private static string Version3(string url)
    {
        var trimmed = url.TrimEnd('/');
        return trimmed.EndsWith("/v3", StringComparison.Ordinal) ? trimmed : $"{trimmed}/v3";
    }

    private static bool IsId(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigitLower);

    private static string Listed(CloudsFile? clouds) => clouds is null
        ? "there is no clouds.yaml"
        : $"clouds in {clouds.Path}: {string.Join(", ", clouds.Names.Select(name => $"`{name}`"))}";
}
