using Gateway.FrontDoor;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.FrontDoor;

public sealed class MicroversionResolverTests
{
    private readonly MicroversionResolver _resolver = new(new Microversion(2, 96));

    [Theory]
    [InlineData(null, null, "2.1")]
    [InlineData("compute 2.56", null, "2.56")]
    [InlineData("Compute 2.56", null, "2.56")]
    [InlineData("placement 1.30, compute 2.60", null, "2.60")]
    [InlineData("placement 1.30", null, "2.1")]
    [InlineData(null, "2.45", "2.45")]
    [InlineData("compute 2.56", "2.45", "2.56")]
    [InlineData("compute latest", null, "2.96")]
    [InlineData(null, "latest", "2.96")]
    public void Resolves_what_the_client_asked_for(string? header, string? legacy, string expected)
    {
        Assert.False(_resolver.Resolve(Headers(header, legacy)).IsRefused(out var resolved, out _));
        Assert.Equal(expected, resolved!.Version.ToString());
    }

    [Theory]
    [InlineData("compute 2", 400, "API Version String 2 is of invalid format. Must be of format MajorNum.MinorNum.")]
    [InlineData("compute 2.01", 400, "API Version String 2.01 is of invalid format. Must be of format MajorNum.MinorNum.")]
    [InlineData("compute 2.1.1", 400, "API Version String 2.1.1 is of invalid format. Must be of format MajorNum.MinorNum.")]
    [InlineData("compute LATEST", 400, "API Version String LATEST is of invalid format. Must be of format MajorNum.MinorNum.")]
    [InlineData("compute 2.97", 406, "Version 2.97 is not supported by the API. Minimum is 2.1 and maximum is 2.96.")]
    [InlineData("compute 1.9", 406, "Version 1.9 is not supported by the API. Minimum is 2.1 and maximum is 2.96.")]
    [InlineData("compute 2.1, compute 2.56", 400, "The compute microversion may be sent once only")]
    public void Refuses_in_Novas_words(string header, int status, string message)
    {
        Assert.True(_resolver.Resolve(Headers(header, null)).IsRefused(out _, out var refusal));
        Assert.Equal((status, message), (refusal!.Status, refusal.Message));
    }

    private static HeaderDictionary Headers(string? header, string? legacy)
    {
        var headers = new HeaderDictionary();
        if (header is not null) headers["OpenStack-API-Version"] = header;
        if (legacy is not null) headers["X-OpenStack-Nova-API-Version"] = legacy;
        return headers;
    }
}
