using System.Diagnostics;
using System.Net;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>
/// A compute backend behind OpenStack's own keystonemiddleware, as Nova is: a real Keystone's tokens, services' tokens and access rules are judged by the
/// original code. It shows a server to its project and to administrators, and to nobody else.
/// </summary>
internal sealed class GuardedCompute : IAsyncDisposable
{
    public const string ServerId = "22222222-2222-3333-4444-555555555555";
    public const string OthersServerId = "33333333-2222-3333-4444-555555555555";
    public const string Nowhere = "99999999-9999-9999-9999-999999999999";

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private readonly string _directory = Directory.CreateTempSubdirectory("compute-").FullName;
    private readonly int _port = FreePort.Find();
    private Process? _process;

    private GuardedCompute()
    {
    }

    /// <summary>Settings that put it behind a gateway, told who calls by the caller's own token.</summary>
    public string[] Settings => RecordingBackend.SettingsFor($"http://127.0.0.1:{_port}");

    /// <summary>Starts it; the Keystone's catalogue must name a compute service, or the middleware takes no access rules.</summary>
    public static async Task<GuardedCompute> StartAsync(KeystoneProcess keystone)
    {
        var compute = new GuardedCompute();
        try
        {
            await compute.ServeAsync(keystone);
            return compute;
        }
        catch
        {
            await compute.DisposeAsync();
            throw;
        }
    }

    /// <summary>The middleware's own log.</summary>
    public string Log => File.Exists(Path("uwsgi.log")) ? File.ReadAllText(Path("uwsgi.log")) : "";

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task ServeAsync(KeystoneProcess keystone)
    {
        await File.WriteAllTextAsync(Path("compute.py"), $$"""
            import json
            import re
            from keystonemiddleware import auth_token

            OWNERS = {'{{ServerId}}': '{{keystone.DemoProject}}', '{{OthersServerId}}': 'another-project'}

            def compute(environ, start_response):
                asked = re.fullmatch(r'/v2\.1/servers/([^/]+)(/action)?', environ['PATH_INFO'])
                owner = OWNERS.get(asked.group(1)) if asked else None
                roles = environ.get('HTTP_X_ROLES', '').split(',')
                environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0))
                if owner is None or (owner != environ.get('HTTP_X_PROJECT_ID') and 'admin' not in roles):
                    start_response('404 Not Found', [('Content-Type', 'application/json')])
                    return [json.dumps({'itemNotFound': {'code': 404, 'message': 'Instance could not be found.'} }).encode()]
                if asked.group(2):
                    start_response('202 Accepted', [])
                    return []
                start_response('200 OK', [('Content-Type', 'application/json')])
                return [json.dumps({'server': {'id': asked.group(1), 'tenant_id': owner, 'user_id': 'someone'} }).encode()]

            application = auth_token.filter_factory(
                {}, auth_type='password', auth_url='{{keystone.AuthUrl}}', username='gateway', password='{{KeystoneProcess.GatewayPassword}}',
                user_domain_id='default', project_name='service', project_domain_id='default', service_type='compute', interface='public', token_cache_time='-1',
                service_token_roles_required='true')(compute)
            """);
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
            wsgi-file = {Path("compute.py")}
            http-socket = 127.0.0.1:{_port}
            logto = {Path("uwsgi.log")}
            """);
        var start = new ProcessStartInfo("/usr/bin/uwsgi_python3", ["--ini", Path("uwsgi.ini")]) { UseShellExecute = false, WorkingDirectory = _directory };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("OS_", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(name);
        _process = Process.Start(start) ?? throw new InvalidOperationException("uwsgi did not start");
        await AnswersAsync();
    }

    private async Task AnswersAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var limit = new CancellationTokenSource(StartLimit);
        while (true)
        {
            try
            {
                using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{_port}/"), limit.Token);
                Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, Log);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && _process is { HasExited: false } && !limit.IsCancellationRequested)
            {
                // It is not there yet, or a busy machine has it load for long.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
        }
    }

    private string Path(string name) => System.IO.Path.Combine(_directory, name);
}
