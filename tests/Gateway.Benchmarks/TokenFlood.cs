using System.Diagnostics;
using System.Net;
using System.Text;
using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>What is left in memory after a great many distinct tokens: good ones, unknown ones, and unknown ones from as many addresses.</summary>
internal static class TokenFlood
{
    private const int Step = 200_000;

    public static async Task<int> RunAsync()
    {
        Console.WriteLine($"{"tokens",-34}{"distinct",12}{"tokens/s",12}{"heap, MB",12}");
        await FloodAsync("good", HttpStatusCode.OK, addresses: 1);
        await FloodAsync("unknown", HttpStatusCode.NotFound, addresses: 1);
        await FloodAsync("unknown, each from its own network", HttpStatusCode.NotFound, addresses: int.MaxValue);
        return 0;
    }

    private static async Task FloodAsync(string what, HttpStatusCode status, int addresses)
    {
        // The limit on bad tokens would keep most of them from Keystone; from one address it is turned off, so that every token gets there.
        var options = new IdentityOptions { FailedAttempts = { Burst = addresses == 1 ? 0 : 100 } };
        var keystone = new KeystoneOptions { UserName = "gateway", Password = "p", ProjectName = "service", NegativeSeconds = 3600, StalenessSeconds = 3600 };
        using var http = new HttpMessageInvoker(new AnyAnswer(status));
        using var client = new KeystoneClient(keystone, "http://keystone.example", http, http, TimeProvider.System, NullLogger<KeystoneClient>.Instance);
        await using var services = new ServiceCollection().AddLogging().AddIdentity(options, TimeProvider.System).BuildServiceProvider();
        var authenticator = new Authenticator(
            options,
            services.GetRequiredService<JwtTokens>(),
            new KeystoneTokens(client, keystone, jws: null, new Revocations(TimeProvider.System), TimeProvider.System, NullLogger<KeystoneTokens>.Instance),
            services.GetRequiredService<TokenCache>(),
            services.GetRequiredService<AttemptLimit>());
        Print(what, 0, 0);
        var address = new byte[16];
        address[0] = 0x20;
        for (var done = 0; done < 5 * Step;)
        {
            var begun = Stopwatch.GetTimestamp();
            for (var i = 0; i < Step; i++, done++)
            {
                var context = new DefaultHttpContext();
                context.Request.Headers["X-Auth-Token"] = $"gAAAAAB{done:x16}{new string('x', 160)}";
                BitConverter.TryWriteBytes(address.AsSpan(4), done % addresses);
                context.Connection.RemoteIpAddress = new IPAddress(address);
                if ((await authenticator.AuthenticateAsync(context)).IsRefused(out _, out Refusal? refusal) != (status != HttpStatusCode.OK))
                    throw new InvalidOperationException($"not the expected answer: {refusal?.Code}");
            }

            Print(what, done, Step / Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }
    }

    private static void Print(string what, int done, double rate) =>
        Console.WriteLine($"{what,-34}{done,12:N0}{rate,12:N0}{GC.GetTotalMemory(forceFullCollection: true) / 1e6,12:F1}");

    private sealed class AnyAnswer(HttpStatusCode status) : HttpMessageHandler
    {
        private readonly byte[] _token = Encoding.UTF8.GetBytes($$$"""
            {"token": {"user": {"id": "u1", "name": "alice", "domain": {"id": "default", "name": "Default"} }, "roles": [{"id": "r", "name": "member"}], "methods": ["password"],
             "project": {"id": "p1", "name": "demo", "domain": {"id": "default", "name": "Default"} }, "audit_ids": ["3T2dc1CGQxyJsHdDu1xkcw"],
             "issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "{{{TimeProvider.System.GetUtcNow().AddDays(1).UtcDateTime:O}}}"} }
            """);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Post)
            {
                var issued = new HttpResponseMessage(HttpStatusCode.Created) { Content = new ByteArrayContent(_token) };
                issued.Headers.Add("X-Subject-Token", "own");
                return Task.FromResult(issued);
            }

            return Task.FromResult(new HttpResponseMessage(status) { Content = new ByteArrayContent(status == HttpStatusCode.OK ? _token : """{"error": {"code": 404}}"""u8.ToArray()) });
        }
    }
}
