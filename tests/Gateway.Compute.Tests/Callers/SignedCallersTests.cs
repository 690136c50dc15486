using Gateway.Compute.Callers;

namespace Gateway.Compute.Tests.Callers;

public sealed class SignedCallersTests
{
    private const string Unauthorized =
        """{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}""";

    public static TheoryData<string, Action<HttpRequestMessage>> Forgeries => new()
    {
        { "no signature", request => request.Headers.Remove(IdentitySignature.SignatureHeader) },
        { "empty signature", request => Replace(request, IdentitySignature.SignatureHeader, "") },
        { "another signature", request => Replace(request, IdentitySignature.SignatureHeader, "v1=" + new string('0', 64)) },
        { "another scheme", request => Replace(request, IdentitySignature.SignatureHeader, "v2" + Value(request, IdentitySignature.SignatureHeader)[2..]) },
        { "two signatures", request => request.Headers.Add(IdentitySignature.SignatureHeader, "v1=0") },
        { "upper case", request => Replace(request, IdentitySignature.SignatureHeader, Value(request, IdentitySignature.SignatureHeader).ToUpperInvariant()) },
        { "no timestamp", request => request.Headers.Remove(IdentitySignature.TimestampHeader) },
        { "timestamp no number", request => Replace(request, IdentitySignature.TimestampHeader, "now") },
        { "timestamp moved", request => Replace(request, IdentitySignature.TimestampHeader, "1769860801") },
        { "other role", request => Replace(request, "X-Roles", "admin") },
        { "role added", request => request.Headers.TryAddWithoutValidation("X-Roles", "admin") },
        { "other project", request => Replace(request, "X-Project-Id", Persona.Bob.ProjectId!) },
        { "project removed", request => request.Headers.Remove("X-Project-Id") },
        { "scope added", request => request.Headers.Add("OpenStack-System-Scope", "all") },
        { "domain added", request => request.Headers.Add("X-Domain-Id", "default") },
        { "other target", request => request.RequestUri = new Uri(request.RequestUri!, "/v2.1/servers/detail?all_tenants=1") },
        { "other method", request => request.Method = HttpMethod.Delete },
    };

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task Refuses(string forgery, Action<HttpRequestMessage> forge)
    {
        Assert.NotEmpty(forgery);
        await using var compute = await RunningCompute.StartAsync();
        var request = compute.Signed(Persona.Alice, "GET", "/v2.1/servers/detail");
        forge(request);

        var answer = await compute.SendAsync(request);

        Assert.Equal(401, answer.Status);
        Assert.Equal(Unauthorized, answer.Text);
        Assert.Equal("Keystone uri=\"http://127.0.0.1:5000\"", answer.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task Refuses_a_body_other_than_the_signed_one()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var request = compute.Signed(Persona.Alice, "POST", $"/v2.1/servers/{id}/action", """{"os-stop": null}""");
        request.Content = new StringContent("""{"os-stop":  null}""");

        Assert.Equal(401, (await compute.SendAsync(request)).Status);
        Assert.Equal("active - 1 host1", await compute.StateAsync(id));
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(60, 200)]
    [InlineData(-60, 200)]
    [InlineData(61, 401)]
    [InlineData(-61, 401)]
    public async Task Believes_a_signature_for_a_minute(int seconds, int status)
    {
        await using var compute = await RunningCompute.StartAsync();
        var request = compute.Signed(Persona.Alice, "GET", "/v2.1/servers");
        if (seconds >= 0)
            compute.Clock.Advance(TimeSpan.FromSeconds(seconds));
        else
            compute.Clock.AdjustTime(compute.Clock.GetUtcNow().AddSeconds(seconds));

        Assert.Equal(status, (await compute.SendAsync(request)).Status);
    }

    [Fact]
    public async Task Takes_another_secret_for_a_forgery()
    {
        await using var compute = await RunningCompute.StartAsync(options => options with { SharedSecret = "another" });

        Assert.Equal(401, (await compute.GetAsync(Persona.Alice, "/v2.1/servers")).Status);
    }

    [Fact]
    public async Task Refuses_an_identity_that_is_not_confirmed()
    {
        await using var compute = await RunningCompute.StartAsync();
        Assert.Equal(401, (await compute.GetAsync(Persona.Alice with { UserId = "" }, "/v2.1/servers")).Status);
    }

    private static string Value(HttpRequestMessage request, string name) => request.Headers.GetValues(name).Single();

    private static void Replace(HttpRequestMessage request, string name, string value)
    {
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
    }
}
