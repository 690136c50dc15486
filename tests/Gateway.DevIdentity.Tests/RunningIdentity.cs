using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.DevIdentity.Tests;

/// <summary>A running service on a free port, with a clock the test turns.</summary>
internal sealed class RunningIdentity : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningIdentity(WebApplication app, DevIdentityOptions options, FakeTimeProvider clock)
    {
        (_app, Options, Clock) = (app, options, clock);
        Url = DevIdentityHost.UrlOf(app);
        Http = new HttpClient { BaseAddress = new Uri(Url) };
    }

    public DevIdentityOptions Options { get; }

    public FakeTimeProvider Clock { get; }

    public string Url { get; }

    public HttpClient Http { get; }

    public static async Task<RunningIdentity> StartAsync(Action<DevIdentityOptions>? change = null)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, 500, TimeSpan.Zero));
        var options = new DevIdentityOptions { ListenUrl = "http://127.0.0.1:0", EnvironmentName = "Development", TimeProvider = clock };
        change?.Invoke(options);
        var app = DevIdentityHost.Build(options);
        await app.StartAsync();
        return new RunningIdentity(app, options, clock);
    }

    public Task<HttpResponseMessage> PostTokensAsync(string body, string query = "") =>
        Http.PostAsync(new Uri($"/v3/auth/tokens{query}", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"));

    /// <summary>Authenticates by password; <paramref name="scope"/> is the JSON of the scope, or nothing.</summary>
    public async Task<(string Token, JsonObject Document)> LogInAsync(string user, string? scope = null, string query = "")
    {
        using var response = await PostTokensAsync(Some.PasswordRequest(user, scope), query);
        Assert.Equal(201, (int)response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonObject>();
        return (response.Headers.GetValues("X-Subject-Token").Single(), body!["token"]!.AsObject());
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token = null, string? subject = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (token is not null) request.Headers.Add("X-Auth-Token", token);
        if (subject is not null) request.Headers.Add("X-Subject-Token", subject);
        return await Http.SendAsync(request);
    }

    public async Task<JsonObject> GetAsync(string path, string token)
    {
        using var response = await SendAsync(HttpMethod.Get, path, token);
        Assert.Equal(200, (int)response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}

internal static class Some
{
    public const string InDemo = """{"project": {"name": "demo", "domain": {"name": "Default"}}}""";
    public const string InAdmin = """{"project": {"name": "admin", "domain": {"id": "default"}}}""";
    public const string System = """{"system": {"all": true}}""";

    public const string AliceId = "e2eb87225491f0cf3e9c3812d5d337ee";
    public const string AdminId = "e3a43b69d94aa3cb1dcc833e18b105ae";
    public const string DemoId = "d799dd2d294cd5344e7bdd6ee4c62554";
    public const string OtherId = "a6eaf87cdea14038ca49413d64f28d09";

    public static string PasswordRequest(string user, string? scope = null, string? password = null) => Auth(
        $$$"""{"methods": ["password"], "password": {"user": {"name": "{{{user}}}", "domain": {"name": "Default"}, "password": "{{{password ?? $"{user}-password"}}}"} } }""",
        scope);

    public static string TokenRequest(string token, string? scope = null) =>
        Auth($$$"""{"methods": ["token"], "token": {"id": "{{{token}}}"} }""", scope);

    private static string Auth(string identity, string? scope) =>
        $"{{\"auth\": {{\"identity\": {identity}{(scope is null ? "" : $", \"scope\": {scope}")}}}}}";
}

/// <summary>A folder of the test's own, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dev-identity-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
