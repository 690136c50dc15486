namespace Gateway.Compute.Tests;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8774", "127.0.0.1", 8774)]
    [InlineData("http://127.0.0.1:0/", "127.0.0.1", 0)]
    [InlineData("http://[::1]:1", "::1", 1)]
    [InlineData("http://localhost:1", "localhost", 1)]
    [InlineData("http://*:1", "*", 1)]
    [InlineData("http://0.0.0.0:1", "0.0.0.0", 1)]
    public void Reads_addresses(string url, string host, int port)
    {
        Assert.True(ListenAddress.TryParse(url, out var address));
        Assert.Equal(new ListenAddress(host, port), address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("8774")]
    [InlineData("127.0.0.1:8774")]
    [InlineData("https://127.0.0.1:1")]
    [InlineData("http://example.com:1")]
    [InlineData("http://127.0.0.1:1/path")]
    [InlineData("http://user@127.0.0.1:1")]
    [InlineData("http://127.0.0.1:99999")]
    public void Refuses_what_is_none(string url) => Assert.False(ListenAddress.TryParse(url, out _));
}
