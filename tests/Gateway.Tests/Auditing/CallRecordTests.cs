using Gateway.Auditing;
using Xunit;

namespace Gateway.Tests.Auditing;

public sealed class CallRecordTests
{
    [Theory]
    [InlineData("/v2.1/servers?access_token=abc&limit=1", "/v2.1/servers?access_token=***&limit=1")]
    [InlineData("http://compute.example/v2.1/servers?X-Auth-Token=abc", "http://compute.example/v2.1/servers?X-Auth-Token=***")]
    [InlineData("/v2.1/servers?name=token", "/v2.1/servers?name=token")]
    public void Holds_no_token_of_the_query(string target, string recorded) =>
        Assert.Equal(recorded, new CallRecord("req-1", "GET", target, Peer: null).RawTarget);
}
