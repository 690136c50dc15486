using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Gateway.EndToEnd.Exchanges;

/// <summary>A gateway in front of a backend that answers what was recorded.</summary>
public sealed class ReplayingGateway : IAsyncLifetime
{
    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private WebApplication _backend = null!;
    private GatewayProcess _gateway = null!;
    private Exchange? _current;
    private ReceivedRequest? _received;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false).UseUrls("http://127.0.0.1:0");
        _backend = builder.Build();
        _backend.Run(AnswerAsync);
        await _backend.StartAsync();
        _gateway = await GatewayProcess.StartAsync(gateway => gateway.WriteLimits("limits: []"), RecordingBackend.SettingsFor(_backend.Urls.First()));
        var clients = new Clients(_gateway);
        foreach (var user in new[] { "alice", "admin" }) _tokens[user] = await clients.TokenAsync(user);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
    }

    /// <summary>Sends what the client sent; what it is answered, and what the backend received.</summary>
    internal async Task<(RawAnswer Answer, ReceivedRequest? Received)> ReplayAsync(Exchange exchange)
    {
        (_current, _received) = (exchange, null);
        var request = new RawRequest(exchange.Method, exchange.Target) { Headers = [.. exchange.Headers.Select(header => $"{header.Key}: {header.Value}")] }
            .As(_tokens.GetValueOrDefault(exchange.As));
        if (exchange.Body.Length > 0) request = request.WithBody(Encoding.UTF8.GetBytes(exchange.Body));
        return (await RawConnection.ExchangeAsync(_gateway.DataPort, request), _received);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!context.Request.Headers.ContainsKey("X-OpenStack-Request-ID"))
        {
            // The gateway asks whose server it is.
            await context.Response.WriteAsync($$$"""{"server": {"id": "{{{target.Split('/')[^1]}}}", "tenant_id": "{{{People.DemoProject}}}", "user_id": "{{{People.Alice}}}"}}""");
            return;
        }

        _received = new ReceivedRequest(
            context.Request.Method, target, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        context.Response.StatusCode = _current!.Status;
        foreach (var (name, values) in _current.AnswerHeaders) context.Response.Headers[name] = values;
        if (_current.AnswerBody.Length > 0) await context.Response.WriteAsync(_current.AnswerBody);
    }
}
