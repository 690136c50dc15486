using System.Text;
using System.Text.Json;
using Gateway.Compute.Callers;
using Gateway.Compute.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Compute.Tests;

/// <summary>Who a test speaks as.</summary>
internal sealed record Persona(string UserId, string? ProjectId, string Roles)
{
    public static readonly Persona Alice = new("alice-id", "aaaa0000aaaa0000aaaa0000aaaa0000", "member,reader");
    public static readonly Persona Bob = new("bob-id", "bbbb0000bbbb0000bbbb0000bbbb0000", "member");
    public static readonly Persona Admin = new("admin-id", "cccc0000cccc0000cccc0000cccc0000", "Admin,member");
}

/// <summary>
/// A compute service on free ports with a clock that only the test moves: work under way advances when
/// <see cref="Step"/> says so, one step each time.
/// </summary>
internal sealed class RunningCompute : IAsyncDisposable
{
    public const string Secret = "test-secret";
    public const string Cirros = "7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4e01";
    private static readonly TimeSpan StepDelay = TimeSpan.FromMilliseconds(300);

    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    private RunningCompute(WebApplication app, FakeTimeProvider clock, string folder)
    {
        (_app, Clock, _folder) = (app, clock, folder);
        (ComputeUrl, ImagesUrl) = ComputeHost.Addresses(app);
    }

    public FakeTimeProvider Clock { get; }

    public Uri ComputeUrl { get; }

    public Uri ImagesUrl { get; }

    public IServiceProvider Services => _app.Services;

    public static Task<RunningCompute> StartAsync(Func<ComputeOptions, ComputeOptions>? configure = null) =>
        StartAsync(Directory.CreateTempSubdirectory("compute-").FullName, new FakeTimeProvider(DateTimeOffset.Parse("2026-01-31T12:00:00Z")), configure);

    /// <summary>Stops the service where it stands and starts another one on its database.</summary>
    public async Task<RunningCompute> RestartAsync()
    {
        await StopAsync();
        return await StartAsync(_folder, Clock, configure: null);
    }

    /// <summary>Lets one step of each work under way happen.</summary>
    public void Step()
    {
        Clock.Advance(StepDelay);
        Services.GetRequiredService<OperationRunner>().RunDue(CancellationToken.None);
    }

    public void Steps(int count)
    {
        for (var i = 0; i < count; i++)
            Step();
    }

    /// <summary>Lets all work under way come to its end: none has more steps.</summary>
    public void Settle() => Steps(6);

    /// <summary>A request as the gateway sends it: signed, the identity in headers.</summary>
    public Task<Answer> SendAsync(Persona who, string method, string target, string? body = null, int minor = 1, string? contentType = "application/json")
    {
        var request = Signed(who, method, target, body, contentType);
        if (minor != 1)
            request.Headers.Add("OpenStack-API-Version", $"compute 2.{minor}");
        return SendAsync(request);
    }

    public Task<Answer> GetAsync(Persona who, string target, int minor = 1) => SendAsync(who, "GET", target, minor: minor);

    public Task<Answer> ActAsync(Persona who, string server, string body, int minor = 1) =>
        SendAsync(who, "POST", $"/v2.1/servers/{server}/action", body, minor);

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await _http.SendAsync(request);
            return await Answer.ReadAsync(response);
        }
    }

    public HttpRequestMessage Signed(Persona who, string method, string target, string? body = null, string? contentType = "application/json")
    {
        var bytes = Encoding.UTF8.GetBytes(body ?? "");
        var request = Unsigned(method, target, body is null ? null : bytes, contentType);
        var headers = new Dictionary<string, string>
        {
            ["X-Identity-Status"] = "Confirmed",
            ["X-User-Id"] = who.UserId,
            ["X-Roles"] = who.Roles,
        };
        if (who.ProjectId is not null)
            headers["X-Project-Id"] = who.ProjectId;
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var timestamp = Clock.GetUtcNow().ToUnixTimeSeconds().ToString();
        request.Headers.Add(IdentitySignature.TimestampHeader, timestamp);
        request.Headers.Add(
            IdentitySignature.SignatureHeader,
            IdentitySignature.Compute(
                Encoding.UTF8.GetBytes(Secret), method, request.RequestUri!.PathAndQuery, timestamp, bytes, headers.GetValueOrDefault));
        return request;
    }

    public HttpRequestMessage Unsigned(string method, string target, byte[]? body = null, string? contentType = "application/json")
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(ComputeUrl, target));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return request;
    }

    public Task<Answer> ImagesAsync(string token, string target, string method = "GET")
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(ImagesUrl, target));
        if (token.Length > 0)
            request.Headers.Add("X-Auth-Token", token);
        return SendAsync(request);
    }

    /// <summary>A server of <paramref name="who"/>, still building.</summary>
    public async Task<string> CreateAsync(Persona who, string name = "srv", string more = "")
    {
        var answer = await SendAsync(
            who, "POST", "/v2.1/servers", $$$"""{"server": {"name": "{{{name}}}", "imageRef": "{{{Cirros}}}", "flavorRef": "1"{{{more}}} } }""");
        Assert.Equal(202, answer.Status);
        return answer.Body.GetProperty("server").GetProperty("id").GetString()!;
    }

    /// <summary>A server of <paramref name="who"/> that is active, on host1 when it is the first.</summary>
    public async Task<string> CreateActiveAsync(Persona who, string name = "srv")
    {
        var id = await CreateAsync(who, name);
        Steps(2);
        return id;
    }

    public async Task<JsonElement> ShowAsync(string server, int minor = 96) =>
        (await GetAsync(Persona.Admin, $"/v2.1/servers/{server}", minor)).Body.GetProperty("server");

    /// <summary>vm_state, task_state ("-" for none), power_state, host: what a server settled into, in one line.</summary>
    public async Task<string> StateAsync(string server)
    {
        var view = await ShowAsync(server);
        return string.Join(
            ' ',
            view.GetProperty("OS-EXT-STS:vm_state").GetString(),
            view.GetProperty("OS-EXT-STS:task_state").GetString() ?? "-",
            view.GetProperty("OS-EXT-STS:power_state").GetInt32(),
            view.GetProperty("OS-EXT-SRV-ATTR:host").GetString() ?? "-");
    }

    /// <summary>The actions of a server, oldest first, a failed one with an exclamation mark.</summary>
    public async Task<string> ActionsAsync(string server)
    {
        var answer = await GetAsync(Persona.Admin, $"/v2.1/servers/{server}/os-instance-actions", 96);
        return string.Join(' ', answer.Body.GetProperty("instanceActions").EnumerateArray().Reverse()
            .Select(action => action.GetProperty("action").GetString() + (action.GetProperty("message").GetString() is null ? "" : "!")));
    }

    /// <summary>The events of an action as administrators see them, oldest first: name, result.</summary>
    public async Task<string> EventsAsync(string server, string requestId)
    {
        var answer = await GetAsync(Persona.Admin, $"/v2.1/servers/{server}/os-instance-actions/{requestId}", 96);
        return string.Join(' ', answer.Body.GetProperty("instanceAction").GetProperty("events").EnumerateArray().Reverse()
            .Select(happened => $"{happened.GetProperty("event").GetString()}={happened.GetProperty("result").GetString() ?? "open"}"));
    }

    public async Task<string> MigrationStatusesAsync() => string.Join(
        ' ',
        (await GetAsync(Persona.Admin, "/v2.1/os-migrations")).Body.GetProperty("migrations").EnumerateArray()
            .Select(migration => migration.GetProperty("status").GetString()));

    /// <summary>Marks a host down or up, as an administrator does.</summary>
    public async Task ForceDownAsync(string host, bool down) => Assert.Equal(200, (await SendAsync(
        Persona.Admin,
        "PUT",
        "/v2.1/os-services/force-down",
        $$$"""{"host": "{{{host}}}", "binary": "nova-compute", "forced_down": {{{(down ? "true" : "false")}}} }""",
        11)).Status);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StopAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static async Task<RunningCompute> StartAsync(string folder, FakeTimeProvider clock, Func<ComputeOptions, ComputeOptions>? configure)
    {
        var options = new ComputeOptions
        {
            ListenUrl = "http://127.0.0.1:0",
            ImageListenUrl = "http://127.0.0.1:0",
            DatabasePath = Path.Combine(folder, "compute.db"),
            SharedSecret = Secret,
            SimulatedStepDelay = StepDelay,
            EnvironmentName = "Development",
            Clock = clock,
            LogLevel = LogLevel.None,
        };
        var app = ComputeHost.Build(configure is null ? options : configure(options));
        await app.StartAsync();
        return new RunningCompute(app, clock, folder);
    }
}
