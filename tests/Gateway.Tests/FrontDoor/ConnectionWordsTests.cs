using System.Text;
using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.FrontDoor;

public sealed class ConnectionWordsTests
{
    [Theory]
    [InlineData("close", "close")]
    [InlineData("Keep-Alive", "Keep-Alive")]
    [InlineData("", "")]
    [InlineData(" upgrade ,TE", " upgrade ,TE")]
    [InlineData("X-Auth-Token", "keep-alive, close, X-Auth-Token")]
    [InlineData("close, X-Auth-Token", "keep-alive, close, close, X-Auth-Token")]
    [InlineData("closed", "keep-alive, close, closed")]
    public void Keeps_a_word_of_its_senders_own(string sent, string read) =>
        Assert.Equal(read, ConnectionWords.Instance.GetString(Encoding.ASCII.GetBytes(sent)));
}
