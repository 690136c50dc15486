using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>
/// A real Keystone from Debian's packages, with SQLite and Fernet tokens, served by uwsgi in a directory of its own. It has a project <c>demo</c> of
/// alice's, and a service user <c>gateway</c> who may validate tokens.
/// </summary>
internal sealed class KeystoneProcess : IAsyncDisposable
{
    public const string AdminPassword = "admin-password";
    public const string AlicePassword = "alice-password";
    public const string GatewayPassword = "gateway-password";

    /// <summary>How long tokens live, in seconds; longer than the tests.</summary>
    public const int TokenLife = 3600;

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private readonly string _directory = Directory.CreateTempSubdirectory("keystone-").FullName;
    private readonly int _port = FreePort.Find();

    // uwsgi closes every connection without saying so beforehand: each request gets its own.
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(30) };
    private Process? _process;

    private KeystoneProcess()
    {
    }

    public string AuthUrl => $"http://127.0.0.1:{_port}/v3";

    public string DemoProject { get; private set; } = "";

    public string AliceId { get; private set; } = "";

    /// <summary>An administrator's token, which expires only after the tests.</summary>
    public string Admin { get; private set; } = "";

    /// <summary>Settings by which a gateway asks this Keystone.</summary>
    public string[] Settings => SettingsFor(AuthUrl);

    /// <param name="authUrl">Where the gateway reaches it.</param>
    public static string[] SettingsFor(string authUrl) =>
    [
        $"--Identity:AuthUrl={authUrl}", "--Identity:Keystone:UserName=gateway", $"--Identity:Keystone:Password={GatewayPassword}",
        "--Identity:Keystone:ProjectName=service",
    ];

    /// <param name="tokens">Keystone's token provider: <c>fernet</c> or <c>jws</c>.</param>
    public static async Task<KeystoneProcess> StartAsync(string tokens = "fernet")
    {
        var keystone = new KeystoneProcess();
        try
        {
            await keystone.SetUpAsync(tokens);
            await keystone.StartAgainAsync();
            await keystone.PopulateAsync();
            return keystone;
        }
        catch
        {
            await keystone.DisposeAsync();
            throw;
        }
    }

    public string Path(params string[] below) => System.IO.Path.Combine([_directory, .. below]);

    /// <summary>Serves it again after <see cref="StopAsync"/>, with the same data and at the same address.</summary>
    public async Task StartAgainAsync()
    {
        var start = new ProcessStartInfo("/usr/bin/uwsgi_python3", ["--ini", Path("uwsgi.ini")]) { UseShellExecute = false, WorkingDirectory = _directory };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("OS_", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(name);
        start.Environment["OS_KEYSTONE_CONFIG_DIR"] = _directory;
        _process = Process.Start(start) ?? throw new InvalidOperationException("uwsgi did not start");
        await AnswersAsync();
    }

    /// <summary>Ends it; nothing listens at its address any more.</summary>
    public async Task StopAsync()
    {
        if (_process is not { HasExited: false }) return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        // A worker may outlive its master by a moment, and would answer in the place of the next.
        await Patience.UntilAsync(IsListeningAsync, isListening => !isListening);
    }

    /// <summary>Tokens that are issued from now on live so long; those that were issued before keep their end.</summary>
    public async Task LetTokensLiveAsync(int seconds)
    {
        await StopAsync();
        var text = await File.ReadAllTextAsync(Path("keystone.conf"));
        var from = text.IndexOf("expiration = ", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path("keystone.conf"), $"{text[..from]}expiration = {seconds}{text[text.IndexOf('\n', from)..]}");
        await StartAgainAsync();
    }

    /// <summary>Stops all its processes (<c>STOP</c>), so that it takes connections and answers none, or lets them go on (<c>CONT</c>).</summary>
    public async Task SignalAsync(string signal)
    {
        var children = await ProcessRun.RunAsync("/usr/bin/pgrep", ["-P", _process!.Id.ToString()]);
        var all = children.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Append(_process.Id.ToString());
        Assert.Equal(0, (await ProcessRun.RunAsync("/bin/sh", ["-c", $"kill -{signal} {string.Join(' ', all)}"])).ExitCode);
    }

    /// <summary>A token by password.</summary>
    /// <param name="user">Its name; the password is the name and <c>-password</c>.</param>
    /// <param name="project">The project's name; null for an unscoped token.</param>
    public Task<string> TokenAsync(string user, string? project)
    {
        var auth = JsonNode.Parse($$$"""
            {"identity": {"methods": ["password"], "password": {"user": {"name": "{{{user}}}", "domain": {"id": "default"}, "password": "{{{user}}}-password"} } } }
            """)!.AsObject();
        if (project is not null) auth["scope"] = JsonNode.Parse($$$"""{"project": {"name": "{{{project}}}", "domain": {"id": "default"} } }""");
        return TokenAsync(auth);
    }

    /// <summary>A token for the whole system.</summary>
    public Task<string> SystemTokenAsync() => TokenAsync(JsonNode.Parse($$$"""
        {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "domain": {"id": "default"}, "password": "{{{AdminPassword}}}"} } },
         "scope": {"system": {"all": true} } }
        """)!.AsObject());

    /// <summary>A token by an application credential.</summary>
    public Task<string> CredentialTokenAsync(string id, string secret) => TokenAsync(JsonNode.Parse($$$"""
        {"identity": {"methods": ["application_credential"], "application_credential": {"id": "{{{id}}}", "secret": "{{{secret}}}"} } }
        """)!.AsObject());

    /// <summary>An application credential of alice's, for the project demo.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="accessRules">The calls that it allows, as a JSON list; null for all.</param>
    public async Task<(string Id, string Secret)> CredentialAsync(string name, string? accessRules = null)
    {
        var rules = accessRules is null ? "" : $", \"access_rules\": {accessRules}";
        var created = await CallAsync(
            HttpMethod.Post,
            $"/users/{AliceId}/application_credentials",
            $$$"""{"application_credential": {"name": "{{{name}}}"{{{rules}}}}}""",
            ("X-Auth-Token", await TokenAsync("alice", "demo")));
        var credential = created!["application_credential"]!;
        return ((string)credential["id"]!, (string)credential["secret"]!);
    }

    public async Task RevokeAsync(string token) => await CallAsync(HttpMethod.Delete, "/auth/tokens", body: null, ("X-Subject-Token", token));

    /// <summary>Calls the Identity API, as the administrator unless a token is given; it must succeed.</summary>
    public async Task<JsonNode?> CallAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, AuthUrl + path);
        if (!headers.Any(header => header.Name == "X-Auth-Token")) request.Headers.Add("X-Auth-Token", Admin);
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        if (body is not null) request.Content = Json(body);
        using var response = await SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? null : JsonNode.Parse(text);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process?.Dispose();
        _http.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task SetUpAsync(string tokens)
    {
        await File.WriteAllTextAsync(Path("keystone.conf"), $"""
            [DEFAULT]
            log_file = {Path("keystone.log")}
            [database]
            connection = sqlite:///{Path("keystone.db")}
            [token]
            provider = {tokens}
            expiration = {TokenLife}
            [fernet_tokens]
            key_repository = {Path("fernet")}
            [fernet_receipts]
            key_repository = {Path("fernet")}
            [jwt_tokens]
            jws_public_key_repository = {Path("jws-public")}
            jws_private_key_repository = {Path("jws-private")}
            [credential]
            key_repository = {Path("credential")}
            """);
        // No threads: Python's SQLite takes a connection from one only. Bodies are read first: an answer before that is lost when the connection is reset.
        // And that it closes every connection is said, or the openstack client loses a request now and then.
        await File.WriteAllTextAsync(Path("uwsgi.ini"), $"""
            [uwsgi]
            plugins = python3
            master = true
            lazy-apps = true
            no-orphans = true
            die-on-term = true
            processes = 2
            post-buffering = 65536
            add-header = Connection: close
            wsgi-file = /usr/bin/keystone-wsgi-public
            http-socket = 127.0.0.1:{_port}
            logto = {Path("uwsgi.log")}
            """);
        await ManageAsync("db_sync");
        await ManageAsync("fernet_setup", "--keystone-user", Environment.UserName, "--keystone-group", Environment.UserName);
        await ManageAsync("credential_setup", "--keystone-user", Environment.UserName, "--keystone-group", Environment.UserName);
        if (tokens == "jws")
        {
            Directory.CreateDirectory(Path("jws-public"));
            Directory.CreateDirectory(Path("jws-private"));
            await ManageAsync("create_jws_keypair", "--keystone-user", Environment.UserName, "--keystone-group", Environment.UserName);
            File.Move(Path("public.pem"), Path("jws-public", "public.pem"));
            File.Move(Path("private.pem"), Path("jws-private", "private.pem"));
        }

        await ManageAsync("bootstrap", "--bootstrap-password", AdminPassword, "--bootstrap-public-url", AuthUrl, "--bootstrap-region-id", "RegionOne");

        // Keystone reads on one connection while it writes on another, which SQLite allows in this mode only.
        using var connection = new SqliteConnection($"Data Source={Path("keystone.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL";
        Assert.Equal("wal", command.ExecuteScalar());
    }

    private async Task ManageAsync(string command, params string[] arguments)
    {
        var run = await ProcessRun.RunAsync("/usr/bin/keystone-manage", ["--config-file", Path("keystone.conf"), command, .. arguments], directory: _directory);
        Assert.True(run.ExitCode == 0, $"keystone-manage {command}: {run}");
    }

    private async Task PopulateAsync()
    {
        Admin = await TokenAsync("admin", "admin");
        var service = await CreateAsync("roles", "role", """{"name": "service"}""");
        var member = await RoleAsync("member");
        var services = await CreateAsync("projects", "project", """{"name": "service", "domain_id": "default"}""");
        DemoProject = await CreateAsync("projects", "project", """{"name": "demo", "domain_id": "default"}""");
        var gateway = await CreateAsync("users", "user", $$$"""{"name": "gateway", "domain_id": "default", "password": "{{{GatewayPassword}}}"}""");
        AliceId = await CreateAsync("users", "user", $$$"""{"name": "alice", "domain_id": "default", "password": "{{{AlicePassword}}}"}""");
        await CallAsync(HttpMethod.Put, $"/projects/{services}/users/{gateway}/roles/{service}");
        await CallAsync(HttpMethod.Put, $"/projects/{DemoProject}/users/{AliceId}/roles/{member}");
    }

    public async Task<string> CreateAsync(string collection, string kind, string json) =>
        (string)(await CallAsync(HttpMethod.Post, $"/{collection}", $$$"""{"{{{kind}}}": {{{json}}} }"""))![kind]!["id"]!;

    public async Task<string> RoleAsync(string name) => (string)(await CallAsync(HttpMethod.Get, $"/roles?name={name}"))!["roles"]![0]!["id"]!;

    private async Task<string> TokenAsync(JsonObject auth)
    {
        using var content = Json(new JsonObject { ["auth"] = auth }.ToJsonString());
        using var response = await _http.PostAsync($"{AuthUrl}/auth/tokens", content);
        Assert.True(response.StatusCode == HttpStatusCode.Created, await response.Content.ReadAsStringAsync());
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        try
        {
            return await _http.SendAsync(request);
        }
        catch (HttpRequestException e)
        {
            throw new InvalidOperationException($"{request.Method} {request.RequestUri} was not answered; the end of Keystone's logs:\n{LogEnd("uwsgi.log")}\n{LogEnd("keystone.log")}", e);
        }
    }

    private string LogEnd(string name) => File.Exists(Path(name)) ? string.Join('\n', File.ReadLines(Path(name)).TakeLast(15)) : $"there is no {name}";

    /// <summary>With a length: uwsgi reads no chunks.</summary>
    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private async Task<bool> IsListeningAsync()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task AnswersAsync()
    {
        using var limit = new CancellationTokenSource(StartLimit);
        while (true)
        {
            try
            {
                using var response = await _http.GetAsync(AuthUrl, limit.Token);
                if (response.IsSuccessStatusCode) return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && _process is { HasExited: false } && !limit.IsCancellationRequested)
            {
                // It is not there yet, or a busy machine has it load for long.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
        }
    }
}
