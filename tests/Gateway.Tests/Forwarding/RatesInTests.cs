using System.Text;
using Gateway.Forwarding;
using Xunit;

namespace Gateway.Tests.Forwarding;

public sealed class RatesInTests
{
    [Theory]
    [InlineData("""{"limits": {"rate": [], "absolute": {"a" : 1}}}""", """{"limits": {"rate": [7], "absolute": {"a" : 1}}}""")]
    [InlineData("""{ "x": {"rate": []}, "limits" : {"absolute": {"rate": [1]}, "rate" : [ {"old": []} ] } , "z":1}""", """{ "x": {"rate": []}, "limits" : {"absolute": {"rate": [1]}, "rate" : [7] } , "z":1}""")]
    [InlineData("""{"limits": {"absolute": {"é": "\u00e9"}}}""", null)]
    [InlineData("""{"limits": {"rate": null}}""", null)]
    [InlineData("""{"limits": []}""", null)]
    [InlineData("""{"rate": []}""", null)]
    [InlineData("""[]""", null)]
    [InlineData("""{"limits": {"rate": [""", null)]
    [InlineData("not json", null)]
    [InlineData("", null)]
    public void Changes_the_rates_and_no_other_byte(string answer, string? merged) =>
        Assert.Equal(merged ?? answer, Encoding.UTF8.GetString(RatesIn.Answer(Encoding.UTF8.GetBytes(answer), "[7]"u8).Span));
}
