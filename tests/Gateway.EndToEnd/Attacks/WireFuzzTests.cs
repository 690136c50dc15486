using System.Text;
using CsCheck;
using Gateway.Testing;
using Xunit;

namespace Gateway.EndToEnd.Attacks;

/// <summary>
/// Requests with something wrong in their lines, headers, framing or bodies, sent as bytes to the running program. Whatever the backend gets of them was
/// decided and recorded first as what it is, and the program goes on answering.
/// </summary>
[Collection(nameof(RecordingGateway))]
public sealed class WireFuzzTests(RecordingGateway gateway, NovaReader nova) : IClassFixture<NovaReader>
{
    private const int Batch = 40;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(150);

    /// <summary>Each stands for a token, so that an input can be printed and run again.</summary>
    private const string Admin = "\u0001A";

    private const string Alice = "\u0001a";

    private static readonly Gen<string> Methods = Mostly(["POST"], "GET", "PUT", "DELETE", "HEAD", "post", "POST ", "PO\tST", "CONNECT", "OPTIONS");

    private static readonly Gen<string> Targets = Mostly(
        [RawRequest.ActionPath], RawRequest.ActionPath + "?x=1", "/v2/servers/" + RecordingBackend.ServerId + "/action",
        "/v2.1/servers/detail", "/v2.1/servers/" + RecordingBackend.ServerId, "//" + RawRequest.ActionPath, RawRequest.ActionPath + "/", "*", "http://compute.example" + RawRequest.ActionPath,
        "/v2.1/servers/" + RecordingBackend.ServerId + "/%61ction");

    private static readonly Gen<string> Versions = Mostly(["HTTP/1.1"], "HTTP/1.0", "HTTP/2.0", "http/1.1", "HTTP/1.10", "");

    private static readonly Gen<string> Bodies = Mostly(
        ["""{"migrate": null}""", """{"os-start": null}""", """{"reboot": {"type": "SOFT"}}""", """{"\u006digrate": null}"""], """{"migrate": null, "os-stop": null}""", "{}", "",
        """{"migrate": null}{"os-stop": null}""", "POST /v2.1/servers/11111111-2222-3333-4444-555555555555/action HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{\"os-stop\": null}");

    private static readonly Gen<string> Headers = Gen.OneOf(
        "Host: compute.example", "Host: other.example", $"X-Auth-Token: {Alice}", $"x-auth-token: {Admin}", $"X_Auth_Token: {Admin}", $"Authorization: Bearer {Admin}", "X-Roles: admin",
        "Content-Type: text/plain", "Content-Type: application/json; charset=utf-16", "Content-Encoding: gzip", "Content-Length: 0", "Content-Length: 17", "Content-Length: +17",
        "Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding\t: chunked", "Connection: close", "Connection: X-Auth-Token",
        "Connection: Upgrade", "Upgrade: h2c", "Expect: 100-continue", "Trailer: X-Roles", "X-HTTP-Method-Override: PUT", "OpenStack-API-Version: compute 2.60",
        "X-OpenStack-Nova-API-Version: 2.96", "X-OpenStack-Request-ID: req-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "traceparent: 00-x", " folded", ":", "", "X-Content-Length: 5");

    private static readonly Gen<string> Ends = Mostly(["\r\n"], "\n", "\r", "\r\n ");

    private static readonly Gen<string> Requests =
        from method in Methods
        from target in Targets
        from version in Versions
        from body in Bodies
        from extra in Gen.Frequency((2, Gen.Const(Array.Empty<string>())), (1, Headers.Array[1, 2]))
        from framing in Gen.Int[0, 8]
        from chunk in Gen.Int[1, 20]
        from end in Ends
        from last in Ends
        select Write(method, target, version, body, extra, framing, chunk, end, last);

    private static readonly Gen<char> Octets = Gen.OneOf(Gen.Byte.Select(octet => (char)octet), Gen.OneOf("\r\n\t :;,/\\%{}\"\0\u007f0123456789abcdefx".ToCharArray()));

    /// <summary>One or two requests on a connection, a few of their bytes changed.</summary>
    private static readonly Gen<string> Inputs =
        from requests in Requests.Array[1, 2]
        from mutations in Gen.Select(Gen.Int[0, 100_000], Octets, Gen.Int[0, 8]).Array[0, 1]
        select mutations.Aggregate(string.Concat(requests), Mutate);

    private string? _failure;
    private int _forwarded;
    private int _refused;

    private static Gen<string> Mostly(string[] usual, params string[] others) => Gen.Frequency((8, Gen.OneOf(usual)), (1, Gen.OneOf(others)));

    [Fact]
    public async Task Decides_all_that_reaches_the_backend()
    {
        await Inputs.Array[Batch].SampleAsync(
            async inputs => await FailureAsync(inputs) is null, iter: FuzzEffort.Of(60), threads: 1, print: inputs => $"{_failure}\n{string.Join('\n', inputs.Select(Printed))}");

        Assert.True(_forwarded > 200 && _refused > 500, $"{_forwarded} requests were forwarded and {_refused} refused: too few to tell anything");
    }

    /// <summary>
    /// Inputs as a failed run prints them, for good: each failed once, or looks like one that could.
    /// </summary>
    [Theory]
    [InlineData("POST /v2.1/servers/11111111-2222-3333-4444-555555555555/action HTTP/1.1\r\nHost: a\r\nX-Auth-Token: \u0001A\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{\"migrate\": null}\r\n0\r\nX: y\r\n\r\n")]
    [InlineData("POST /v2.1/servers/11111111-2222-3333-4444-555555555555/action HTTP/1.1\r\nHost: a\r\nX-Auth-Token: \u0001A\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff11\r\n{}\r\n0\r\n\r\n")]
    [InlineData("POST /v2.1/servers/11111111-2222-3333-4444-555555555555/action HTTP/1.1\r\nHost: a\r\nX-Auth-Token: \u0001A\r\n\r\nPOST /v2.1/servers/11111111-2222-3333-4444-555555555555/action HTTP/1.1\r\nHost: a\r\nX-Auth-Token: \u0001A\r\nContent-Length: 17\r\n\r\n{\"migrate\": null}")]
    public async Task Decides_what_once_reached_it(string input) => Assert.Null(await FailureAsync([input]));

    /// <summary>What was found wrong after a batch; null when nothing was.</summary>
    private async Task<string?> FailureAsync(string[] inputs)
    {
        var watch = await AttackWatch.BeginAsync(gateway, nova);
        await Task.WhenAll(inputs.Select(SendAsync));
        try
        {
            _forwarded += (await watch.HoldsAtTheBackendAsync()).Count;
            _refused += watch.Recorded.Count(record => record.Kind == "refusal");
            await watch.KeepsSecretsAsync([]);
            Assert.DoesNotContain(watch.Recorded, record => record.ReasonCode == "gateway_failed");
            var good = await gateway.SendAsync(RawRequest.Action(gateway.Admin, Cases.Migrate));
            Assert.True(good.Status == 202, $"a good request was answered {good}");
            await gateway.RecordsAsync(good, 2);
            return null;
        }
        catch (Xunit.Sdk.XunitException e)
        {
            return _failure = e.Message;
        }
    }

    private async Task SendAsync(string input)
    {
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);
        var text = input.Replace(Admin, gateway.Admin, StringComparison.Ordinal).Replace(Alice, gateway.Alice, StringComparison.Ordinal);
        await connection.SendAsync(Encoding.Latin1.GetBytes(text));
        // Some inputs leave the server waiting for the rest; what is behind the end of the others gets a moment, too.
        await connection.DrainAsync(Moment);
        connection.Finish();
        await connection.DrainAsync(Timeout.InfiniteTimeSpan);
    }

    private static string Write(string method, string target, string version, string body, string[] extra, int framing, int chunk, string end, string last)
    {
        string[] framed = framing switch
        {
            0 or 1 or 2 or 7 => [$"Content-Length: {body.Length}"],
            3 or 4 => ["Transfer-Encoding: chunked"],
            5 => [$"Content-Length: {body.Length}", "Transfer-Encoding: chunked"],
            6 => [$"Content-Length: {Math.Max(0, body.Length - chunk)}"],
            _ => [],
        };
        var sent = framing is 3 or 4 or 5
            ? string.Concat(body.Chunk(chunk).Select(part => $"{part.Length:x}{(framing == 4 ? ";a=b" : "")}\r\n{new string(part)}\r\n")) + "0\r\n\r\n"
            : body;
        string[] headers = ["Host: compute.example", $"X-Auth-Token: {Admin}", "Content-Type: application/json", .. framed, .. extra];
        return $"{method} {target} {version}\r\n{string.Join("\r\n", headers)}{end}{last}{sent}";
    }

    private static string Mutate(string input, (int At, char Octet, int Kind) mutation)
    {
        if (input.Length == 0) return input;
        var at = mutation.At % input.Length;
        return mutation.Kind switch
        {
            0 => input[..at] + mutation.Octet + input[at..],
            1 => input[..at] + mutation.Octet + input[(at + 1)..],
            2 => input[..at] + input[(at + 1)..],
            3 => input[..at],
            4 => input[..at] + (char)(input[at] ^ 0x20) + input[(at + 1)..],
            5 => input[..at] + input[at] + input[at..],
            _ => input,
        };
    }

    /// <summary>As it can be pasted into the theory above.</summary>
    private static string Printed(string input) => string.Concat(input.Select(c => c switch
    {
        '\r' => "\\r",
        '\n' => "\\n",
        '"' => "\\\"",
        '\\' => "\\\\",
        < ' ' or > '~' => $"\\u{(int)c:x4}",
        _ => c.ToString(),
    }));
}
