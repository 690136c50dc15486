using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gateway.FrontDoor;
using Gateway.Identity;
using Gateway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Gateway.Tests.Identity;

/// <summary>A Keystone and an issuer whose certificate no authority of the system's has signed.</summary>
public sealed class PrivateAuthorityTests : IAsyncLifetime
{
    private const string Description =
        """{"token": {"user": {"id": "u1"}, "roles": [{"name": "member"}], "methods": ["password"], "audit_ids": ["a1"], "expires_at": "2100-01-01T00:00:00Z"}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("authority-").FullName;
    private readonly string _other = Directory.CreateTempSubdirectory("authority-").FullName;
    private WebApplication _service = null!;

    public async ValueTask InitializeAsync()
    {
        TestCertificate.WriteTo(_other).Dispose();
        TestCertificate.WriteTo(_folder).Dispose();
        using var pem = X509Certificate2.CreateFromPemFile(Path.Combine(_folder, "tls.crt"), Path.Combine(_folder, "tls.key"));
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listener => listener.UseHttps(certificate)));
        _service = builder.Build();
        _service.Run(AnswerAsync);
        await _service.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        foreach (var folder in new[] { _folder, _other }) Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Asks_a_Keystone_whose_authority_is_named() => Assert.Null(await AskAsync(Keystone(Authority(_folder))));

    [Fact]
    public async Task Asks_no_Keystone_that_another_authority_vouches_for() =>
        Assert.Equal([503, 503], new[] { await AskAsync(Keystone(null)), await AskAsync(Keystone(Authority(_other))) });

    [Fact]
    public async Task Reads_the_keys_of_an_issuer_whose_authority_is_named() => Assert.Equal(401, await AskAsync(Issuer(Authority(_folder))));

    [Fact]
    public async Task Reads_no_keys_that_another_authority_vouches_for() =>
        Assert.Equal([503, 503], new[] { await AskAsync(Issuer(null)), await AskAsync(Issuer(Authority(_other))) });

    [Fact]
    public void Says_what_is_wrong_with_a_file_of_authorities()
    {
        var empty = Path.Combine(_folder, "empty.crt");
        File.WriteAllText(empty, "nothing");

        Assert.Null(TrustedAuthority.Problem(Authority(_folder)));
        Assert.Equal("holds no certificate: name a PEM file with the authority's certificate", TrustedAuthority.Problem(empty));
        Assert.Equal(
            ("CaFile", "none.crt", "no such file: name a PEM file with the authority's certificate"),
            Assert.Single(new KeystoneOptions { UserName = "g", Password = "s", ProjectName = "p", CaFile = "none.crt" }.Problems("https://k")));
    }

    private static string Authority(string folder) => Path.Combine(folder, "tls.crt");

    private IdentityOptions Keystone(string? authority) => new()
    {
        AuthUrl = _service.Urls.First(),
        Keystone = new KeystoneOptions { UserName = "gateway", Password = "secret", ProjectName = "service", CaFile = authority },
    };

    private IdentityOptions Issuer(string? authority) => new()
    {
        Issuers = [new IssuerOptions { Issuer = "https://issuer", Audiences = ["compute"], JwksUrl = _service.Urls.First() + "/keys", CaFile = authority }],
    };

    /// <summary>The status of the refusal: 401 for the issuer's token, whose signature is nobody's, once the keys were read.</summary>
    private static async Task<int?> AskAsync(IdentityOptions options)
    {
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddIdentity(options, TimeProvider.System).BuildServiceProvider();
        await using var scope = services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        context.Request.Headers[ProtectedHeaders.AuthToken] = options.Keystone is null ? Forged() : "gAAAAABopaque";
        (await services.GetRequiredService<Authenticator>().AuthenticateAsync(context)).IsRefused(out _, out var refusal);
        return refusal?.Status;
    }

    private static string Forged() => string.Join(
        '.', Base64UrlEncoder.Encode("""{"alg":"ES256","typ":"JWT","kid":"k1"}"""), Base64UrlEncoder.Encode("""{"iss":"https://issuer","exp":4000000000}"""), Base64UrlEncoder.Encode(new byte[64]));

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/keys")
        {
            using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
            var point = key.ExportParameters(false).Q;
            await context.Response.WriteAsync(JsonSerializer.Serialize(new
            {
                keys = new[] { new { kty = "EC", crv = "P-256", use = "sig", kid = "k1", x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y) } },
            }));
            return;
        }

        if (context.Request.Method == "POST")
        {
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.Headers["X-Subject-Token"] = "own";
        }

        await context.Response.WriteAsync(Description);
    }
}
