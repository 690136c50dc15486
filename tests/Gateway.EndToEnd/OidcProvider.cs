using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;

namespace Gateway.EndToEnd;

/// <summary>
/// A real OpenID Connect provider, OpenIddict, inside the test: issues signed access tokens, publishes its metadata and keys, and can change them.
/// It counts how often its keys are read, and whether anybody comes to where a forged token would lead.
/// </summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, ECDsa> _keys;
    private readonly HttpClient _http = new();
    private int _keyReads;
    private int _lured;

    private OidcProvider(WebApplication app, Dictionary<string, ECDsa> keys) => (_app, _keys) = (app, keys);

    public string Issuer => _app.Urls.First() + "/";

    public string MetadataUrl => Issuer + ".well-known/openid-configuration";

    /// <summary>Where forged tokens say that a key is to be had; nothing may come here.</summary>
    public string Lure => Issuer + "lure/keys";

    public int KeyReads => Volatile.Read(ref _keyReads);

    public int Lured => Volatile.Read(ref _lured);

    /// <summary>What is answered in place of the keys; null for the keys.</summary>
    public string? KeysInstead { get; set; }

    /// <summary>Settings by which a gateway takes this provider's tokens, as Keycloak's shape has them.</summary>
    public string[] Settings =>
    [
        $"--Identity:AuthUrl={Issuer}", $"--Identity:Issuers:0:Issuer={Issuer}", $"--Identity:Issuers:0:MetadataUrl={MetadataUrl}",
        "--Identity:Issuers:0:Audiences:0=compute", "--Identity:Issuers:0:Claims:ProjectId=project_id", "--Identity:Issuers:0:Claims:Roles=realm_access.roles",
        "--Identity:Issuers:0:Claims:UserName=preferred_username",
    ];

    public static async Task<OidcProvider> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting().AddAuthentication();
        var keys = new Dictionary<string, ECDsa>(StringComparer.Ordinal);
        builder.Services.AddOpenIddict().AddServer(options =>
        {
            options.SetTokenEndpointUris("connect/token").AllowClientCredentialsFlow().AllowCustomFlow("test");
            options.EnableDegradedMode().DisableAccessTokenEncryption().AddEphemeralEncryptionKey();
            options.AddSigningKey(NewKey(keys, "first"));
            options.UseAspNetCore().DisableTransportSecurityRequirement();
            options.AddEventHandler<OpenIddictServerEvents.ValidateTokenRequestContext>(handler => handler.UseInlineHandler(_ => default));
            options.AddEventHandler<OpenIddictServerEvents.HandleTokenRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                context.SignIn(Bearer((string?)context.Request["user"] ?? "nobody", (string?)context.Request["project"] ?? "", (string?)context.Request["roles"] ?? ""));
                return default;
            }));
        });
        var app = builder.Build();
        var provider = new OidcProvider(app, keys);
        app.Use(provider.WatchAsync);
        app.UseRouting();
        app.UseAuthentication();
        await app.StartAsync();
        // The first answer of a process takes longest, and is not to count against the time that a gateway waits.
        await provider._http.GetStringAsync(provider.MetadataUrl);
        await provider._http.GetStringAsync(provider.Issuer + ".well-known/jwks");
        provider._keyReads = 0;
        return provider;
    }

    /// <summary>An access token as the provider issues it.</summary>
    public async Task<string> TokenAsync(string user, string project, string roles)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = "test",
            ["client_secret"] = "test",
            ["user"] = user,
            ["project"] = project,
            ["roles"] = roles,
        });
        using var response = await _http.PostAsync(Issuer + "connect/token", form);
        var text = await response.Content.ReadAsStringAsync();
        return (string?)JsonNode.Parse(text)!["access_token"] ?? throw new InvalidOperationException(text);
    }

    /// <summary>From now on tokens are signed with a new key; the old ones are still published.</summary>
    public void Rotate(string keyId) => Credentials.Insert(0, new SigningCredentials(NewKey(_keys, keyId), SecurityAlgorithms.EcdsaSha256));

    /// <summary>Publishes a key no more.</summary>
    public void Withdraw(string keyId) => Credentials.RemoveAll(one => one.Key.KeyId == keyId);

    /// <summary>Signs with a key of the provider's, as only it could.</summary>
    public byte[] Sign(string keyId, byte[] data) => _keys[keyId].SignData(data, HashAlgorithmName.SHA256);

    public ECDsa Key(string keyId) => _keys[keyId];

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
        foreach (var key in _keys.Values) key.Dispose();
    }

    private List<SigningCredentials> Credentials => _app.Services.GetRequiredService<IOptionsMonitor<OpenIddictServerOptions>>().CurrentValue.SigningCredentials;

    private static ClaimsPrincipal Bearer(string user, string project, string roles)
    {
        var identity = new ClaimsIdentity("test");
        identity.AddClaim(new Claim("sub", user));
        identity.AddClaim(new Claim("preferred_username", user));
        if (project.Length > 0) identity.AddClaim(new Claim("project_id", project));
        identity.AddClaim(new Claim("realm_access", new JsonObject { ["roles"] = new JsonArray([.. roles.Split(' ').Select(role => (JsonNode)role)]) }.ToJsonString(), "JSON"));
        foreach (var claim in identity.Claims) claim.SetDestinations(OpenIddictConstants.Destinations.AccessToken);
        var principal = new ClaimsPrincipal(identity);
        principal.SetResources("compute");
        return principal;
    }

    private static ECDsaSecurityKey NewKey(Dictionary<string, ECDsa> keys, string keyId)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        keys.Add(keyId, key);
        return new ECDsaSecurityKey(key) { KeyId = keyId };
    }

    private async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/lure", StringComparison.Ordinal)) Interlocked.Increment(ref _lured);
        if (context.Request.Path == "/.well-known/jwks")
        {
            Interlocked.Increment(ref _keyReads);
            if (KeysInstead is { } other)
            {
                await context.Response.WriteAsync(other);
                return;
            }
        }

        await next(context);
    }
}
