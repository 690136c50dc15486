using System.Text;
using Gateway.FrontDoor;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.FrontDoor;

public sealed class RefusalWriterTests
{
    private const string Id = "req-11111111-2222-3333-4444-555555555555";

    [Theory]
    [InlineData(400, "badRequest")]
    [InlineData(403, "forbidden")]
    [InlineData(404, "itemNotFound")]
    [InlineData(406, "computeFault")]
    [InlineData(409, "conflictingRequest")]
    [InlineData(415, "badMediaType")]
    [InlineData(500, "computeFault")]
    [InlineData(501, "notImplemented")]
    [InlineData(502, "computeFault")]
    [InlineData(503, "serviceUnavailable")]
    public async Task Writes_Novas_envelope(int status, string fault)
    {
        var (context, body) = await WriteAsync(new Refusal(status, "code", "said \"so\""));
        Assert.Equal($$$"""{"{{{fault}}}":{"code":{{{status}}},"message":"said \"so\""}}""", body);
        Assert.Equal("application/json; charset=UTF-8", context.Response.ContentType);
        Assert.Equal(Id, context.Response.Headers["x-compute-request-id"]);
        Assert.Equal(Id, context.Response.Headers["x-openstack-request-id"]);
    }

    [Fact]
    public async Task Writes_retryAfter_as_a_string_beside_the_header()
    {
        var (context, body) = await WriteAsync(new Refusal(429, "limited", "This request was rate-limited.") { RetryAfterSeconds = 6 });
        Assert.Equal("""{"overLimit":{"code":429,"message":"This request was rate-limited.","retryAfter":"6"}}""", body);
        Assert.Equal("6", context.Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Writes_keystones_envelope_and_says_where_tokens_come_from()
    {
        var (context, body) = await WriteAsync(Refusal.Unauthorized("token_missing"));
        Assert.Equal("""{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}""", body);
        Assert.Equal("Keystone uri=\"http://identity/v3\"", context.Response.Headers.WWWAuthenticate);
    }

    [Theory]
    [InlineData(null, "text/plain; charset=UTF-8", "404 Not Found\n\nThe resource could not be found.\n")]
    [InlineData("application/json", "application/json; charset=UTF-8", """{"message":"The resource could not be found.","code":"404 Not Found","title":"Not Found"}""")]
    public async Task Answers_an_unrouted_path_in_the_form_that_is_accepted(string? accept, string contentType, string expected)
    {
        var (context, body) = await WriteAsync(Refusal.NotRouted("operation_unknown"), accept);
        Assert.Equal((contentType, expected), (context.Response.ContentType, body));
    }

    [Fact]
    public async Task Names_the_microversion_once_it_is_known()
    {
        var (context, _) = await WriteAsync(Refusal.BadRequest("schema", "no"), version: new Microversion(2, 56));
        Assert.Equal("compute 2.56", context.Response.Headers["OpenStack-API-Version"]);
        Assert.Equal("2.56", context.Response.Headers["X-OpenStack-Nova-API-Version"]);
        Assert.Equal(["OpenStack-API-Version", "X-OpenStack-Nova-API-Version"], context.Response.Headers.Vary.ToArray());
    }

    private static async Task<(HttpContext Context, string Body)> WriteAsync(Refusal refusal, string? accept = null, Microversion? version = null)
    {
        var context = new DefaultHttpContext();
        context.Response.Body = new MemoryStream();
        if (accept is not null) context.Request.Headers.Accept = accept;
        await new RefusalWriter("http://identity/v3").WriteAsync(context, refusal, Id, version);
        return (context, Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()));
    }
}
