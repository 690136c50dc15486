using Gateway.Compute.Api;
using Microsoft.AspNetCore.Http;

namespace Gateway.Compute.Tests.Api;

public sealed class MicroversionTests
{
    [Theory]
    [InlineData(null, null, "2.1")]
    [InlineData("compute 2.40", null, "2.40")]
    [InlineData("Compute 2.40", null, "2.40")]
    [InlineData("compute latest", null, "2.96")]
    [InlineData("volume 3.1, compute 2.5", null, "2.5")]
    [InlineData("volume 3.1", null, "2.1")]
    [InlineData("volume 3.1", "2.9", "2.9")]
    [InlineData(null, "2.9", "2.9")]
    [InlineData(null, "latest", "2.96")]
    [InlineData("compute 2.40", "2.9", "2.40")]
    public void Resolves_the_headers_as_Nova(string? service, string? nova, string version)
    {
        Assert.True(Microversion.TryResolve(Headers(service, nova), out var resolved, out _, out _));
        Assert.Equal(version, resolved.ToString());
    }

    [Theory]
    [InlineData("2")]
    [InlineData("2.01")]
    [InlineData("2.1.1")]
    [InlineData("02.1")]
    [InlineData("LATEST")]
    [InlineData("two.one")]
    [InlineData("2.-1")]
    [InlineData("2.99999999999")]
    public void Refuses_nonsense_with_400(string sent)
    {
        Assert.False(Microversion.TryResolve(Headers(null, sent), out _, out var status, out var message));
        Assert.Equal(400, status);
        Assert.Equal($"API Version String {sent} is of invalid format. Must be of format MajorNum.MinorNum.", message);
    }

    [Theory]
    [InlineData("2.97")]
    [InlineData("2.0")]
    [InlineData("3.1")]
    [InlineData("1.1")]
    public void Refuses_versions_out_of_range_with_406(string sent)
    {
        Assert.False(Microversion.TryResolve(Headers("compute " + sent, null), out _, out var status, out var message));
        Assert.Equal(406, status);
        Assert.Equal($"Version {sent} is not supported by the API. Minimum is 2.1 and maximum is 2.96.", message);
    }

    private static HeaderDictionary Headers(string? service, string? nova)
    {
        var headers = new HeaderDictionary();
        if (service is not null)
            headers["OpenStack-API-Version"] = service;
        if (nova is not null)
            headers["X-OpenStack-Nova-API-Version"] = nova;
        return headers;
    }
}
