using System.Text;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>What never becomes a request is answered in the API's shape all the same, and recorded once its first line was read.</summary>
[Collection(nameof(RecordingGateway))]
public sealed class UnreadableRequestTests(RecordingGateway gateway)
{
    private const string Token = "a-token-that-nobody-may-see";

    [Theory]
    [InlineData("two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n", 400, "http_malformed")]
    [InlineData("a NUL beside a token", "X-Auth-Token: a-token-that-nobody-may-see\0\r\n", 400, "http_malformed")]
    [InlineData("a line ended by a line feed", "X-Auth-Token: a-token-that-nobody-may-see\nX-Roles: admin\r\n", 400, "http_malformed")]
    [InlineData("a folded line", "X-Auth-Token: a-token-that-nobody-may-see\r\n more\r\n", 400, "http_malformed")]
    [InlineData("headers without end", "X-Long: {long}\r\n", 431, "headers_too_large")]
    public async Task Is_a_fault_with_a_record(string name, string headers, int status, string reason)
    {
        var received = gateway.Backend.Received.Count;
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);
        await connection.SendAsync(Encoding.Latin1.GetBytes(
            $"POST {RawRequest.ActionPath} HTTP/1.1\r\nHost: compute.example\r\n{headers.Replace("{long}", new string('x', 40_000), StringComparison.Ordinal)}\r\n"));

        var answer = await connection.ReadAsync();

        Assert.True(answer.Status == status && answer.HasRequestIds, $"{name}: {answer}");
        Assert.Equal(("application/json; charset=UTF-8", "close"), (answer.Header("Content-Type"), answer.Header("Connection")));
        Assert.True(await connection.IsClosedAsync());
        var record = Assert.Single(await gateway.RecordsAsync(answer, 1));
        Assert.Equal(("refusal", reason, status.ToString()), (record.Kind, record.ReasonCode, record.Status));
        Assert.Equal(received, gateway.Backend.Received.Count);
        Assert.DoesNotContain(Token, record.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Token, gateway.Process.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /v2.1 HTTP/9.9\r\nHost: a\r\n\r\n", 505)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\r\n\r\n", 400)]
    public async Task Is_a_fault_without_a_first_line_too(string bytes, int status)
    {
        var answer = await SendAsync(bytes);

        Assert.True(answer.Status == status && answer.HasRequestIds, answer.ToString());
        Assert.Contains($"\"code\":{status}", answer.Body, StringComparison.Ordinal);
        // A record of it would have come before the record of what is sent next.
        await gateway.RecordsAsync(await SendAsync($"POST {RawRequest.ActionPath} HTTP/1.1\r\nHost\r\n\r\n"), 1);
        Assert.Empty(RecordedCalls.Of(gateway.Process.Store, answer.RequestId));
    }

    [Fact]
    public async Task Is_counted()
    {
        var before = await CountAsync();

        for (var i = 0; i < 3; i++) await SendAsync("GET /v2.1 HTTP/7.7\r\n\r\n");

        // The listener keeps what it counted for a moment; these are more than any count it could have kept.
        await Patience.UntilAsync(CountAsync, count => count >= before + 3);

        async Task<long> CountAsync()
        {
            var metrics = await RawConnection.ExchangeAsync(gateway.Process.AdminPort, new RawRequest("GET", "/metrics"));
            return metrics.Body.Split('\n')
                .Where(line => line.StartsWith("gateway_requests_total{", StringComparison.Ordinal) && line.Contains("reason=\"http_version\"", StringComparison.Ordinal))
                .Sum(line => long.Parse(line.Split('}')[1].Trim().Split(' ')[0]));
        }
    }

    [Fact]
    public async Task Is_answered_after_the_answers_to_what_came_before_it()
    {
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);
        await connection.SendAsync([.. RawRequest.Action(gateway.Admin, """{"migrate": null}""").ToBytes(), .. "POST /v2.1 HTTP/1.1\r\nHost\r\n\r\n"u8]);

        Assert.Equal(202, (await connection.ReadAsync()).Status);
        Assert.Equal(400, (await connection.ReadAsync()).Status);
        Assert.True(await connection.IsClosedAsync());
    }

    private async Task<RawAnswer> SendAsync(string bytes)
    {
        using var connection = await RawConnection.OpenAsync(gateway.Process.DataPort);
        await connection.SendAsync(Encoding.Latin1.GetBytes(bytes));
        return await connection.ReadAsync();
    }
}
