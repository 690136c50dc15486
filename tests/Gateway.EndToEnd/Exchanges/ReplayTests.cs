using System.Text;
using Xunit;

namespace Gateway.EndToEnd.Exchanges;

/// <summary>
/// Exchanges of the unmodified clients with a compute service, recorded behind a gateway, pass through the gateway unchanged: the same bytes to the backend,
/// the same answer to the client. How they are recorded anew is in README.md.
/// </summary>
public sealed class ReplayTests(ReplayingGateway gateway) : IClassFixture<ReplayingGateway>
{
    public static TheoryData<string, int, string> Recorded
    {
        get
        {
            var data = new TheoryData<string, int, string>();
            foreach (var file in RecordingTests.Sessions.Keys)
                foreach (var (exchange, index) in Exchange.Read(file).Select((exchange, index) => (exchange, index))) data.Add(file, index, exchange.Shape);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task Passes_unchanged(string file, int index, string shape)
    {
        var exchange = Exchange.Read(file)[index];

        var (answer, received) = await gateway.ReplayAsync(exchange);

        Assert.True(received is not null, $"{shape} did not reach the backend: {answer}");
        Assert.Equal((exchange.Method, exchange.Target), (received.Method, received.Target));
        Assert.Equal(exchange.Body, Encoding.UTF8.GetString(received.Body));
        Assert.Equal(Lines(exchange.Headers), Lines(exchange.Headers.Keys.ToDictionary(name => name, name => received.Header(name) ?? "")));
        Assert.Equal((exchange.Status, exchange.AnswerBody), (answer.Status, answer.Body));
        Assert.Equal(
            exchange.AnswerHeaders.SelectMany(header => header.Value.Select(value => $"{header.Key}: {value}")).Order(StringComparer.OrdinalIgnoreCase),
            answer.Headers.Where(header => !Exchange.PassingHeaders.Contains(header.Key)).Select(header => $"{header.Key}: {header.Value}").Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> Lines(IReadOnlyDictionary<string, string> headers) => headers.Select(header => $"{header.Key}: {header.Value}").Order(StringComparer.Ordinal);
}
