using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.EndToEnd;

/// <summary>Stands between a gateway and an identity service: counts what is asked, and answers in its place when told to.</summary>
internal sealed class KeystoneProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero });
    private readonly string _identity;
    private int _validations;
    private int _logIns;

    private KeystoneProxy(WebApplication app, string identity) => (_app, _identity) = (app, identity);

    public string AuthUrl => _app.Urls.First() + "/v3";

    /// <summary>How often it was asked about a token.</summary>
    public int Validations => Volatile.Read(ref _validations);

    public int LogIns => Volatile.Read(ref _logIns);

    /// <summary>The status it answers with; null to pass requests on.</summary>
    public int? Status { get; set; }

    /// <param name="authUrl">The real one, with its version.</param>
    public static async Task<KeystoneProxy> StartAsync(string authUrl)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var proxy = new KeystoneProxy(app, new Uri(authUrl).GetLeftPart(UriPartial.Authority));
        app.Run(proxy.AnswerAsync);
        await app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.ContainsKey("X-Subject-Token")) Interlocked.Increment(ref _validations);
        if (request.Method == "POST") Interlocked.Increment(ref _logIns);
        if (Status is { } status)
        {
            context.Response.StatusCode = status;
            if (status == StatusCodes.Status429TooManyRequests) context.Response.Headers.RetryAfter = "9";
            return;
        }

        using var onward = new HttpRequestMessage(new HttpMethod(request.Method), _identity + context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (request.ContentLength > 0)
        {
            onward.Content = new StreamContent(request.Body);
            onward.Content.Headers.ContentLength = request.ContentLength;
            onward.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }

        foreach (var name in new[] { "X-Auth-Token", "X-Subject-Token", "OpenStack-Identity-Access-Rules" })
            if (request.Headers[name].ToString() is { Length: > 0 } value) onward.Headers.TryAddWithoutValidation(name, value);
        using var answer = await _http.SendAsync(onward, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        if (answer.Headers.TryGetValues("X-Subject-Token", out var token)) context.Response.Headers["X-Subject-Token"] = token.ToArray();
        if (answer.StatusCode != HttpStatusCode.NoContent) await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
