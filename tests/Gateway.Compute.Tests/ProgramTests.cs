using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Compute.Callers;

namespace Gateway.Compute.Tests;

/// <summary>The program as a process of its own.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("compute-").FullName;

    [Fact]
    public async Task Refuses_to_start_without_a_secret_and_outside_Development()
    {
        using var process = Start(environment: null);

        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(2, process.ExitCode);
        Assert.Equal(
            """
            SharedSecret is not set: give this service and the gateway the same secret, for example the output of `openssl rand -hex 32`
            the `simulated` driver only pretends to run servers and does not start in `Production`: set DOTNET_ENVIRONMENT to `Development` to use it

            """,
            errors);
    }

    [Fact]
    public async Task Says_which_port_is_taken()
    {
        await using var other = await RunningCompute.StartAsync();
        using var process = Start("Development", $"--Compute:SharedSecret={RunningCompute.Secret}", $"--Compute:ListenUrl={other.ComputeUrl.GetLeftPart(UriPartial.Authority)}");

        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(2, process.ExitCode);
        Assert.Equal($"Failed to bind to address {other.ComputeUrl.GetLeftPart(UriPartial.Authority)}: address already in use.\n", errors);
    }

    [Fact]
    public async Task Finishes_after_a_kill_what_it_had_accepted_and_stops_cleanly_when_asked()
    {
        using var http = new HttpClient();
        string server;
        using (var killed = StartService("00:00:00.1000000"))
        {
            var url = await ReadAddressAsync(killed);
            server = (await SendAsync(http, url, "POST", "/v2.1/servers", $$$"""{"server": {"name": "s", "imageRef": "{{{RunningCompute.Cirros}}}", "flavorRef": "1"} }"""))
                .GetProperty("server").GetProperty("id").GetString()!;
            await UntilAsync(http, url, server, "ACTIVE");
            await SendAsync(http, url, "POST", $"/v2.1/servers/{server}/action", """{"migrate": null}""");
            await UntilAsync(http, url, server, "RESIZE");
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        using var restarted = StartService("00:00:00.0010000");
        var again = await ReadAddressAsync(restarted);
        await UntilAsync(http, again, server, "VERIFY_RESIZE");

        using var terminate = Process.Start("kill", ["-TERM", restarted.Id.ToString()]);
        await restarted.WaitForExitAsync();
        Assert.Equal(0, restarted.ExitCode);
        Assert.Equal("", await restarted.StandardError.ReadToEndAsync());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Process StartService(string stepDelay) => Start(
        "Development",
        $"--Compute:SharedSecret={RunningCompute.Secret}",
        "--Compute:ListenUrl=http://127.0.0.1:0",
        $"--Compute:SimulatedStepDelay={stepDelay}");

    private Process Start(string? environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Gateway.Compute"))
        {
            UseShellExecute = false,
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments.Append("--Compute:ImageListenUrl=http://127.0.0.1:0"))
            start.ArgumentList.Add(argument);
        start.Environment.Remove("ASPNETCORE_ENVIRONMENT");
        start.Environment["DOTNET_ENVIRONMENT"] = environment;
        return Process.Start(start)!;
    }

    private static async Task<Uri> ReadAddressAsync(Process process)
    {
        var banner = await process.StandardOutput.ReadLineAsync();
        var match = Regex.Match(banner ?? "", @"^compute API (http://127\.0\.0\.1:\d+) \(signed by the gateway only\), image API http://127\.0\.0\.1:\d+, driver simulated$");
        Assert.True(match.Success, banner);
        return new Uri(match.Groups[1].Value);
    }

    private static async Task UntilAsync(HttpClient http, Uri url, string server, string status)
    {
        string? seen;
        do
        {
            seen = (await SendAsync(http, url, "GET", $"/v2.1/servers/{server}")).GetProperty("server").GetProperty("status").GetString();
            Assert.NotEqual("ERROR", seen);
        }
        while (seen != status);
    }

    private static async Task<JsonElement> SendAsync(HttpClient http, Uri url, string method, string target, string body = "")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(url, target));
        var bytes = Encoding.UTF8.GetBytes(body);
        if (bytes.Length > 0)
            request.Content = new ByteArrayContent(bytes);
        var headers = new Dictionary<string, string>
        {
            ["X-Identity-Status"] = "Confirmed",
            ["X-User-Id"] = "u",
            ["X-Project-Id"] = "p",
            ["X-Roles"] = "admin",
        };
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        var timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString();
        request.Headers.Add(IdentitySignature.TimestampHeader, timestamp);
        request.Headers.Add(
            IdentitySignature.SignatureHeader,
            IdentitySignature.Compute(Encoding.UTF8.GetBytes(RunningCompute.Secret), method, target, timestamp, bytes, headers.GetValueOrDefault));
        using var response = await http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode);
        var text = await response.Content.ReadAsStringAsync();
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }
}
