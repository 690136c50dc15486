using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Gateway.EndToEnd.Exchanges;

/// <summary>
/// Clients in front of a gateway, a compute service with a simulated driver behind it, and between those two a recorder that passes everything on as it is.
/// </summary>
internal sealed class ExchangeRecorder : IAsyncDisposable
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private readonly ConcurrentQueue<Exchange> _recorded = new();
    private readonly WebApplication _app;
    private Process? _compute;
    private string _upstream = "";

    private ExchangeRecorder(WebApplication app) => _app = app;

    public GatewayProcess Gateway { get; private set; } = null!;

    public Clients Clients { get; private set; } = null!;

    public static async Task<ExchangeRecorder> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var recorder = new ExchangeRecorder(app);
        app.Run(recorder.PassOnAsync);
        await app.StartAsync();
        var (compute, image) = (UnusedPort(), UnusedPort());
        recorder._upstream = $"http://127.0.0.1:{compute}";
        recorder.Gateway = await GatewayProcess.StartAsync(
            gateway => gateway.WriteLimits("limits: []"),
            [
                .. RecordingBackend.SettingsFor(app.Urls.First()), "--ReverseProxy:Clusters:recorder:Metadata:Identity=signed",
                $"--ReverseProxy:Clusters:recorder:Metadata:Secret={RecordingBackend.Secret}", $"--StandIns:Image=http://127.0.0.1:{image}",
            ]);
        recorder.Clients = new Clients(recorder.Gateway);
        await recorder.StartComputeAsync(image);
        return recorder;
    }

    /// <summary>What was recorded since it was last asked, each exchange once: a client that waits asks the same again and again.</summary>
    public IReadOnlyList<Exchange> Take()
    {
        var taken = new List<Exchange>();
        while (_recorded.TryDequeue(out var exchange)) taken.Add(exchange);
        return [.. taken.DistinctBy(exchange => (exchange.As, exchange.Method, exchange.Target, exchange.Body, exchange.Status, exchange.AnswerBody))];
    }

    public async ValueTask DisposeAsync()
    {
        if (_compute is { HasExited: false })
        {
            _compute.Kill();
            await _compute.WaitForExitAsync();
        }

        _compute?.Dispose();
        await Gateway.DisposeAsync();
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task StartComputeAsync(int image)
    {
        var start = new ProcessStartInfo(
            Repository.Compute,
            [
                $"--Compute:ListenUrl={_upstream}", $"--Compute:ImageListenUrl=http://127.0.0.1:{image}", $"--Compute:DatabasePath={Gateway.Path("data", "compute.db")}",
                $"--Compute:SharedSecret={RecordingBackend.Secret}", $"--Compute:IdentityUrl={Gateway.Identity!.ToString().TrimEnd('/')}",
                "--Compute:SimulatedStepDelay=00:00:00.0400000",
            ])
        {
            WorkingDirectory = Gateway.Directory,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_ENVIRONMENT"] = start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        _compute = Process.Start(start)!;
        await Patience.UntilAsync(IsUpAsync, up => up);
    }

    private async Task<bool> IsUpAsync()
    {
        Assert.False(_compute!.HasExited, "the compute service ended");
        try
        {
            using var answer = await _http.GetAsync(new Uri(_upstream + "/"));
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task PassOnAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_upstream + target, in AsWritten)) { Content = new ByteArrayContent(buffer.ToArray()) };
        if (buffer.Length == 0 && context.Request.ContentLength is null) request.Content = null;
        foreach (var (name, value) in context.Request.Headers)
        {
            if (name is "Connection" or "Content-Length") continue;
            if (!request.Headers.TryAddWithoutValidation(name, value.AsEnumerable())) request.Content?.Headers.TryAddWithoutValidation(name, value.AsEnumerable());
        }

        using var answer = await _http.SendAsync(request, context.RequestAborted);
        var body = await answer.Content.ReadAsByteArrayAsync();
        var headers = answer.Headers.Concat(answer.Content.Headers).Where(header => !Exchange.PassingHeaders.Contains(header.Key))
            .ToDictionary(header => header.Key, header => header.Value.ToArray(), StringComparer.OrdinalIgnoreCase);
        // The gateway's own look-ups carry no request id.
        if (context.Request.Headers.ContainsKey("X-OpenStack-Request-ID"))
        {
            _recorded.Enqueue(new Exchange(
                Who(context.Request.Headers), context.Request.Method, target,
                Exchange.RequestHeaders.Where(context.Request.Headers.ContainsKey).ToDictionary(name => name, name => context.Request.Headers[name].ToString(), StringComparer.Ordinal),
                Encoding.UTF8.GetString(buffer.ToArray()), (int)answer.StatusCode, headers, Encoding.UTF8.GetString(body)));
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in headers) context.Response.Headers[name] = values;
        await context.Response.Body.WriteAsync(body);
    }

    private static string Who(IHeaderDictionary headers) => headers["X-User-Name"].ToString() is { Length: > 0 } name ? name : "nobody";

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
