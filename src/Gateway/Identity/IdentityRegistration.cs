using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Identity;

internal static class IdentityRegistration
{
    private static readonly TimeSpan KeyFetchTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Adds one JWT bearer scheme for each issuer, and the authenticator that chooses among them.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services, IdentityOptions options, TimeProvider time)
    {
        var http = new HttpClient { Timeout = KeyFetchTimeout };
        // AddAuthentication would bring data protection, with keys in the user's home; nothing here needs protecting that way.
        services.AddAuthenticationCore().AddWebEncoders().AddSingleton<IAuthenticationConfigurationProvider, NoConfiguration>();
        var authentication = new AuthenticationBuilder(services);
        var schemes = new Dictionary<string, IssuerScheme>(StringComparer.Ordinal);
        foreach (var issuer in options.Issuers)
        {
            var scheme = new IssuerScheme($"jwt:{issuer.Issuer}", issuer.Issuer, IssuerKeys.Open(issuer, http), time);
            schemes.Add(issuer.Issuer, scheme);
            authentication.AddJwtBearer(scheme.Name, bearer => Configure(bearer, issuer, scheme));
        }

        return services
            .AddSingleton(_ => new TokenCache(options.CachedTokens, time))
            .AddSingleton(provider => new Authenticator(
                schemes, provider.GetRequiredService<TokenCache>(), provider.GetRequiredService<ILogger<Authenticator>>()));
    }

    private static void Configure(JwtBearerOptions bearer, IssuerOptions issuer, IssuerScheme scheme)
    {
        var reader = new SubjectReader(issuer.Claims);
        bearer.MapInboundClaims = false;
        bearer.ConfigurationManager = scheme.Keys;
        bearer.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudiences = issuer.Audiences,
            ValidAlgorithms = issuer.Algorithms.Count > 0 ? issuer.Algorithms : IssuerOptions.AsymmetricAlgorithms,
            ValidTypes = ["JWT", "at+jwt"],
            ClockSkew = TimeSpan.FromSeconds(issuer.ClockSkewSeconds),
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            TryAllIssuerSigningKeys = false,
        };
        bearer.Events = new JwtBearerEvents
        {
            OnMessageReceived = received =>
            {
                received.Token = (string?)received.HttpContext.Items[Authenticator.TokenItem];
                return Task.CompletedTask;
            },
            OnTokenValidated = validated =>
            {
                if (reader.Read((JsonWebToken)validated.SecurityToken) is { } subject)
                    validated.Properties.SetParameter(nameof(Subject), subject);
                else
                    validated.Fail(new SubjectMissingException());
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
