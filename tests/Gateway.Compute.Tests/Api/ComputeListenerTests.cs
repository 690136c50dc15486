using System.Text;
using Gateway.Compute.Api;

namespace Gateway.Compute.Tests.Api;

public sealed class ComputeListenerTests
{
    [Fact]
    public async Task Names_the_request_and_the_version_in_every_answer()
    {
        await using var compute = await RunningCompute.StartAsync();

        var found = await compute.GetAsync(Persona.Alice, "/v2.1/servers", 40);
        var fault = await compute.GetAsync(Persona.Alice, "/v2.1/servers/none", 40);

        foreach (var answer in new[] { found, fault })
        {
            Assert.Matches("^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", answer.RequestId);
            Assert.Equal(answer.RequestId, answer.Header("x-openstack-request-id"));
            Assert.Equal("compute 2.40", answer.Header("OpenStack-API-Version"));
            Assert.Equal("2.40", answer.Header("X-OpenStack-Nova-API-Version"));
            Assert.Equal("OpenStack-API-Version|X-OpenStack-Nova-API-Version", answer.Header("Vary"));
        }

        Assert.Equal("application/json", found.Header("Content-Type"));
        Assert.Equal("application/json; charset=UTF-8", fault.Header("Content-Type"));
    }

    [Theory]
    [InlineData("2.97", 406, "computeFault")]
    [InlineData("2.1.1", 400, "badRequest")]
    public async Task Says_no_version_when_it_understood_none(string sent, int status, string envelope)
    {
        await using var compute = await RunningCompute.StartAsync();
        var request = compute.Signed(Persona.Alice, "GET", "/v2.1/servers");
        request.Headers.Add("X-OpenStack-Nova-API-Version", sent);

        var answer = await compute.SendAsync(request);

        Assert.Equal(status, answer.Status);
        Assert.Equal(envelope, answer.Fault.Name);
        Assert.Null(answer.Header("OpenStack-API-Version"));
    }

    [Fact]
    public async Task Ignores_versions_below_v2()
    {
        await using var compute = await RunningCompute.StartAsync();
        var request = compute.Signed(Persona.Alice, "GET", "/v2/servers");
        request.Headers.Add("X-OpenStack-Nova-API-Version", "2.9999");

        var answer = await compute.SendAsync(request);

        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Header("OpenStack-API-Version"));
        Assert.Null(answer.Header("Vary"));
    }

    [Theory]
    [InlineData(RequestBody.MaxBytes, 400)]
    [InlineData(RequestBody.MaxBytes + 1, 413)]
    public async Task Takes_bodies_up_to_the_limit(int length, int status)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", new string(' ', length));

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 413 ? "overLimit" : "badRequest", answer.Fault.Name);
    }

    [Fact]
    public async Task Judges_the_size_before_the_caller()
    {
        await using var compute = await RunningCompute.StartAsync();
        Assert.Equal(413, (await compute.SendAsync(compute.Unsigned("POST", "/v2.1/servers", new byte[RequestBody.MaxBytes + 1]))).Status);
    }

    [Theory]
    [InlineData(null, 400)]
    [InlineData("application/json", 400)]
    [InlineData("application/json; charset=utf-16", 400)]
    [InlineData("text/plain", 400)]
    [InlineData("application/vnd.openstack.compute+json", 400)]
    [InlineData("Application/JSON", 415)]
    [InlineData("application/xml", 415)]
    public async Task Takes_the_content_types_Nova_takes(string? contentType, int status)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, "POST", "/v2.1/servers", "{}", contentType: contentType);

        Assert.Equal(status, answer.Status);
        if (status == 415)
            Assert.Equal(("badMediaType", "Unsupported Content-Type"), answer.Fault);
    }

    [Theory]
    [InlineData("GET", "/v2.1/nothing")]
    [InlineData("GET", "/v2.1/servers/")]
    [InlineData("PATCH", "/v2.1/servers")]
    [InlineData("GET", "/v2.1/Servers")]
    [InlineData("GET", "/v2.1/not-a-project/servers")]
    public async Task Answers_404_for_paths_and_methods_it_does_not_know(string method, string target)
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.SendAsync(Persona.Alice, method, target);

        Assert.Equal(404, answer.Status);
        Assert.Equal(("itemNotFound", "The resource could not be found."), answer.Fault);
    }

    [Fact]
    public async Task Takes_the_callers_project_in_the_path_and_puts_it_into_links()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);

        var answer = await compute.GetAsync(Persona.Alice, $"/v2.1/{Persona.Alice.ProjectId}/servers/{id}");

        Assert.Equal(
            $"{compute.ComputeUrl}v2.1/{Persona.Alice.ProjectId}/servers/{id}",
            answer.Body.GetProperty("server").GetProperty("links")[0].GetProperty("href").GetString());
    }

    [Fact]
    public async Task Refuses_another_project_in_the_path()
    {
        await using var compute = await RunningCompute.StartAsync();

        var answer = await compute.GetAsync(Persona.Alice, $"/v2.1/{Persona.Bob.ProjectId}/servers");

        Assert.Equal(400, answer.Status);
        Assert.Equal(
            $"Malformed request URL: URL's project_id '{Persona.Bob.ProjectId}' doesn't match Context's project_id '{Persona.Alice.ProjectId}'",
            answer.Fault.Message);
    }

    [Fact]
    public async Task Builds_links_from_the_host_the_client_named()
    {
        await using var compute = await RunningCompute.StartAsync();
        var id = await compute.CreateActiveAsync(Persona.Alice);
        var request = compute.Signed(Persona.Alice, "GET", $"/v2.1/servers/{id}");
        request.Headers.Host = "cloud.example:8774";
        request.Headers.Add("X-Forwarded-Proto", "https");

        var answer = await compute.SendAsync(request);

        Assert.Equal(
            $"https://cloud.example:8774/v2.1/servers/{id}",
            answer.Body.GetProperty("server").GetProperty("links")[0].GetProperty("href").GetString());
    }

    public static TheoryData<byte[]> UnreadableBodies =>
    [
        Encoding.UTF8.GetBytes("{"),
        Encoding.UTF8.GetBytes("""{"migrate": null,}"""),
        Encoding.UTF8.GetBytes("""{"migrate": null} x"""),
        Encoding.UTF8.GetBytes("""{"migrate": "\ud800"}"""),
        Encoding.UTF8.GetBytes("""{"migr\ud800": null}"""),
        Encoding.UTF8.GetBytes("\ufeff{\"migrate\": null}"),
        Encoding.Unicode.GetBytes("""{"migrate": null}"""),
        Encoding.Latin1.GetBytes("{\"migrate\": \"\u00ff\"}"),
        Encoding.Latin1.GetBytes("{\"migrate\u00ff\": null}"),
        Encoding.UTF8.GetBytes(new string('[', 5000) + new string(']', 5000)),
    ];

    [Theory]
    [MemberData(nameof(UnreadableBodies))]
    public void Reads_no_body_that_is_not_all_text(byte[] body) => Assert.False(RequestBody.TryParse(body, out _));
}
