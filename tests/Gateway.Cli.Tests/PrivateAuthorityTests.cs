using System.Security.Cryptography.X509Certificates;
using Gateway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Cli.Tests;

/// <summary>An identity service whose certificate no authority of the system's has signed.</summary>
public sealed class PrivateAuthorityTests : IAsyncLifetime
{
    private const string Description = """{"token": {"user": {"id": "u1", "name": "alice"}, "expires_at": "2100-01-01T00:00:00Z"}}""";

    private readonly TemporaryFolder _folder = new();
    private readonly TemporaryFolder _other = new();
    private WebApplication _identity = null!;

    private string Url => _identity.Urls.First();

    public async ValueTask InitializeAsync()
    {
        TestCertificate.WriteTo(_other.Path).Dispose();
        TestCertificate.WriteTo(_folder.Path).Dispose();
        using var pem = X509Certificate2.CreateFromPemFile(_folder.File("tls.crt"), _folder.File("tls.key"));
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listener => listener.UseHttps(certificate)));
        _identity = builder.Build();
        _identity.Run(context =>
        {
            context.Response.StatusCode = context.Request.Method == "POST" ? StatusCodes.Status201Created : StatusCodes.Status200OK;
            context.Response.Headers["X-Subject-Token"] = "the-token";
            return context.Response.WriteAsync(Description);
        });
        await _identity.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _identity.DisposeAsync();
        _folder.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData("cacert: tls.crt")]
    [InlineData("verify: false")]
    [InlineData("verify: False")]
    [InlineData("insecure: true")]
    public async Task Trusts_what_a_cloud_says(string setting)
    {
        WriteCloud(setting);

        Assert.Equal((ExitCode.Ok, "the-token\n", ""), await RunAsync("token issue --os-cloud mine"));
    }

    [Theory]
    [InlineData("verify: true")]
    [InlineData("insecure: false")]
    public async Task Trusts_only_the_systems_authorities_otherwise_and_says_what_to_do(string setting)
    {
        WriteCloud(setting);

        var (code, output, errors) = await RunAsync("token issue --os-cloud mine");

        Assert.Equal((ExitCode.Unreachable, ""), (code, output));
        Assert.StartsWith($"gatewayctl token issue: {Url}/v3: the identity service's certificate is not trusted: ", errors, StringComparison.Ordinal);
        Assert.EndsWith(" A private authority's PEM file is named by `cacert` in clouds.yaml, or OS_CACERT\n", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trusts_no_certificate_of_another_authority_than_the_named_one()
    {
        WriteCloud($"cacert: {_other.File("tls.crt")}");

        Assert.Equal(ExitCode.Unreachable, (await RunAsync("token issue --os-cloud mine")).Code);
        // As for the openstack client, the variable goes over the cloud.
        Assert.Equal(ExitCode.Ok, (await RunAsync("token issue --os-cloud mine", ("OS_CACERT", "tls.crt"))).Code);
    }

    [Fact]
    public async Task Reads_the_variable_for_every_command_that_asks()
    {
        (string, string)[] variables = [("OS_CACERT", "tls.crt"), ("OS_AUTH_URL", Url), ("OS_USERNAME", "alice"), ("OS_PASSWORD", "p")];

        foreach (var command in new[] { "token issue", "token show the-token", "whoami" }) Assert.Equal(ExitCode.Ok, (await RunAsync(command, variables)).Code);
        Assert.Equal(ExitCode.Unreachable, (await RunAsync("whoami", variables[1..])).Code);
        Assert.Equal(ExitCode.Ok, (await RunAsync("whoami", [("OS_INSECURE", "true"), .. variables[1..]])).Code);
    }

    [Theory]
    [InlineData("cacert: none.crt", "cacert: `none.crt` cannot be read: ")]
    [InlineData("cacert: clouds.yaml", "cacert: `clouds.yaml` holds no certificate: name a PEM file with the authority's\n")]
    [InlineData("verify: maybe", "verify: `maybe` is neither `true` nor `false`\n")]
    [InlineData("insecure: 2", "insecure: `2` is neither `true` nor `false`\n")]
    public async Task Says_what_is_wrong(string setting, string error)
    {
        WriteCloud(setting);

        var (code, _, errors) = await RunAsync("token issue --os-cloud mine");

        Assert.Equal(ExitCode.Usage, code);
        Assert.StartsWith($"gatewayctl token issue: {error}", errors, StringComparison.Ordinal);
    }

    private void WriteCloud(string setting) =>
        _folder.Write("clouds.yaml", $"clouds:\n  mine:\n    {setting}\n    auth: {{auth_url: '{Url}', username: alice, password: p}}\n");

    private async Task<(int Code, string Output, string Errors)> RunAsync(string command, params (string, string)[] variables)
    {
        var run = await Run.OfAsync(_folder, command.Split(' '), variables);
        return (run.ExitCode, run.Output, run.Errors);
    }
}
