using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.FrontDoor;

public sealed class MicroversionTests
{
    [Theory]
    [InlineData("2.1", 2, 1)]
    [InlineData("2.0", 2, 0)]
    [InlineData("2.104", 2, 104)]
    [InlineData("10.9", 10, 9)]
    public void Reads(string text, int major, int minor)
    {
        Assert.True(Microversion.TryParse(text, out var version));
        Assert.Equal(new Microversion(major, minor), version);
        Assert.Equal(text, version.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("2.")]
    [InlineData(".1")]
    [InlineData("2.01")]
    [InlineData("02.1")]
    [InlineData("0.1")]
    [InlineData("2.1.1")]
    [InlineData("2.-1")]
    [InlineData("+2.1")]
    [InlineData(" 2.1")]
    [InlineData("2.1 ")]
    [InlineData("2.1\n")]
    [InlineData("2.\u0661")]
    [InlineData("latest")]
    [InlineData("2.99999999999")]
    public void Refuses(string text) => Assert.False(Microversion.TryParse(text, out _));

    [Fact]
    public void Counts_minor_versions_as_numbers()
    {
        Assert.True(Microversion.Parse("2.9") < Microversion.Parse("2.10"));
        Assert.True(Microversion.Parse("2.100") > Microversion.Parse("2.99"));
        Assert.True(Microversion.Parse("3.0") >= Microversion.Parse("2.104"));
        Assert.True(Microversion.Parse("2.1") <= Microversion.Default);
    }
}
