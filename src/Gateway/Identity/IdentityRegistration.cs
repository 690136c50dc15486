using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Identity;

internal static class IdentityRegistration
{
    private static readonly TimeSpan KeyFetchTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Connections are made anew after this, so that a changed address is noticed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>Longest key set or discovery document read, in bytes.</summary>
    private const int LargestKeySet = 1024 * 1024;

    /// <summary>Adds one JWT bearer scheme for each issuer, Keystone when it is configured, and the authenticator that chooses among them.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services, IdentityOptions options, TimeProvider time)
    {
        // AddAuthentication would bring data protection, with keys in the user's home; nothing here needs protecting that way.
        services.AddAuthenticationCore().AddWebEncoders().AddSingleton<IAuthenticationConfigurationProvider, NoConfiguration>();
        services.AddSingleton(new Revocations(time)).AddSingleton(_ => new AttemptLimit(options.FailedAttempts, time));
        services.AddSingleton(provider => new TokenCache(options.CachedTokens, provider.GetRequiredService<Revocations>(), time));
        AddIssuers(services, options, time);
        if (options.Keystone is { } keystone) AddKeystone(services, keystone, keystone.AuthUrl ?? options.AuthUrl!, time);
        return services.AddSingleton(provider => new Authenticator(
            options,
            provider.GetRequiredService<JwtTokens>(),
            provider.GetService<KeystoneTokens>(),
            provider.GetRequiredService<TokenCache>(),
            provider.GetRequiredService<AttemptLimit>()));
    }

    private static void AddIssuers(IServiceCollection services, IdentityOptions options, TimeProvider time)
    {
        var authentication = new AuthenticationBuilder(services);
        services.AddSingleton<IReadOnlyList<IssuerKeys>>(provider =>
        {
            var logger = provider.GetRequiredService<ILogger<IssuerKeys>>();
            return [.. options.Issuers.Select(issuer => new IssuerKeys(issuer.Issuer, new KeySetSource(issuer, NewClient(issuer)), time, logger))];
        });
        services.AddSingleton(provider => new JwtTokens(
            provider.GetRequiredService<IReadOnlyList<IssuerKeys>>().ToDictionary(keys => keys.Issuer, StringComparer.Ordinal)));
        for (var i = 0; i < options.Issuers.Count; i++)
        {
            var (index, issuer) = (i, options.Issuers[i]);
            foreach (var use in Enum.GetValues<TokenUse>())
            {
                var scheme = JwtTokens.SchemeOf(issuer.Issuer, use);
                authentication.AddJwtBearer(scheme, bearer => Configure(bearer, issuer, use));
                services.AddOptions<JwtBearerOptions>(scheme).Configure<IReadOnlyList<IssuerKeys>>(
                    (bearer, keys) => bearer.TokenValidationParameters.IssuerSigningKeyResolver = (_, _, keyId, _) => keys[index].ToTry(keyId));
            }
        }

        services.AddHostedService(provider => new KeyRefresh(
            [.. provider.GetRequiredService<IReadOnlyList<IssuerKeys>>().Zip(options.Issuers, (keys, issuer) => (keys, TimeSpan.FromSeconds(issuer.RefreshSeconds)))], time));
    }

    private static void AddKeystone(IServiceCollection services, KeystoneOptions options, string authUrl, TimeProvider time)
    {
        services.AddSingleton(provider => new KeystoneClient(
            options,
            authUrl,
            new HttpMessageInvoker(NewHandler(options.CaFile, ConnectionLifetime)),
            new HttpMessageInvoker(NewHandler(options.CaFile, TimeSpan.Zero)),
            time,
            provider.GetRequiredService<ILogger<KeystoneClient>>()));
        if (options.PublicKeysFolder is { } folder) services.AddSingleton(_ => new KeystoneJws(folder, time));
        services.AddSingleton(provider => new KeystoneTokens(
            provider.GetRequiredService<KeystoneClient>(),
            options,
            provider.GetService<KeystoneJws>(),
            provider.GetRequiredService<Revocations>(),
            time,
            provider.GetRequiredService<ILogger<KeystoneTokens>>()));
        services.AddHostedService(provider => new RevocationWatch(
            provider.GetRequiredService<KeystoneClient>(),
            provider.GetRequiredService<Revocations>(),
            options,
            time,
            provider.GetRequiredService<ILogger<RevocationWatch>>()));
    }

    /// <summary>Redirects are not followed: neither tokens nor trust go anywhere but where the operator said.</summary>
    private static SocketsHttpHandler NewHandler(string? authority, TimeSpan lifetime)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = lifetime,
        };
        if (authority is not null) handler.SslOptions.CertificateChainPolicy = TrustedAuthority.PolicyOf(authority);
        return handler;
    }

    private static HttpClient NewClient(IssuerOptions issuer) =>
        new(NewHandler(issuer.CaFile, ConnectionLifetime)) { Timeout = KeyFetchTimeout, MaxResponseContentBufferSize = LargestKeySet };

    private static void Configure(JwtBearerOptions bearer, IssuerOptions issuer, TokenUse use)
    {
        var reader = new SubjectReader(issuer.Claims);
        bearer.MapInboundClaims = false;
        // The keys are found, and read again, before the handler is asked; it fetches nothing by itself.
        bearer.RefreshOnIssuerKeyNotFound = false;
        bearer.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudiences = issuer.Audiences,
            ValidAlgorithms = issuer.Algorithms.Count > 0 ? issuer.Algorithms : IssuerOptions.AsymmetricAlgorithms,
            ValidTypes = ["JWT", "at+jwt", "application/at+jwt"],
            ClockSkew = TimeSpan.FromSeconds(issuer.ClockSkewSeconds),
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            TryAllIssuerSigningKeys = false,
        };
        bearer.Events = new JwtBearerEvents
        {
            OnMessageReceived = received =>
            {
                received.Token = (string?)received.HttpContext.Items[JwtTokens.ItemOf(use)];
                return Task.CompletedTask;
            },
            OnTokenValidated = validated =>
            {
                try
                {
                    if (reader.Read((JsonWebToken)validated.SecurityToken) is { } subject)
                        validated.Properties.SetParameter(nameof(Subject), subject);
                    else
                        validated.Fail(new SubjectMissingException());
                }
                catch (SubjectMalformedException e)
                {
                    validated.Fail(e);
                }

                return Task.CompletedTask;
            },
        };
    }

    /// <summary>The schemes are configured here alone, never by a section called Authentication.</summary>
    private sealed class NoConfiguration : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration { get; } = new ConfigurationBuilder().Build();
    }
}
