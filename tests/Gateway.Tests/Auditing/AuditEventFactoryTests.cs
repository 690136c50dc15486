using System.Security.Cryptography;
using System.Text;
using Gateway.Audit;
using Gateway.Auditing;
using Gateway.Tests.Actions;
using Xunit;

namespace Gateway.Tests.Auditing;

public sealed class AuditEventFactoryTests
{
    private readonly AuditEventFactory _events = new(new AuditObserver { Id = "gateway-1", Name = "gateway-1" }, TimeProvider.System);

    [Fact]
    public void Digests_a_body_without_secrets()
    {
        const string Body = """{"createBackup": {"name": "b", "backup_type": "d", "rotation": 1}}""";
        var intent = _events.Intent(CallWith(Body));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Body))), intent.BodySha256);
        Assert.Equal(Body.Length, intent.BodySize);
    }

    [Fact]
    public void Digests_no_body_from_which_a_secret_was_removed()
    {
        var call = CallWith("""{"changePassword": {"adminPass": "hunter2"}}""");
        Assert.Null(_events.Intent(call).BodySha256);
        Assert.Null(_events.Outcome(call, "i", new CallEnd(202, "forwarded", TimeSpan.Zero)).BodySha256);
    }

    [Fact]
    public void Digests_no_body_that_was_not_understood()
    {
        var call = new CallRecord("req-1", "POST", "/v2.1/servers/s/action", Peer: null) { Body = "{\"changePassword\": \"hunter2\"}"u8.ToArray() };
        Assert.Null(_events.Intent(call).BodySha256);
    }

    private static CallRecord CallWith(string body) => new("req-1", "POST", "/v2.1/servers/s/action", Peer: null)
    {
        Action = Requests.Action(body).Action,
        Body = Encoding.UTF8.GetBytes(body),
    };
}
