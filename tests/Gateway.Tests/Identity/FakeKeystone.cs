using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Identity;

/// <summary>A Keystone inside the test: knows some tokens, counts what it is asked, and fails when told to.</summary>
internal sealed class FakeKeystone(FakeTimeProvider time) : HttpMessageHandler
{
    public Dictionary<string, JsonObject> Tokens { get; } = new(StringComparer.Ordinal);

    public HashSet<string> OwnTokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Tokens about which nothing is told but this status.</summary>
    public Dictionary<string, HttpStatusCode> Refusals { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers a question in place of the usual answer, when it gives one.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage?> Instead { get; set; } = _ => null;

    /// <summary>Questions wait for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public JsonArray? Events { get; set; } = [];

    public int LogIns { get; private set; }

    public int Questions { get; private set; }

    public string? LastLogIn { get; private set; }

    /// <summary>The role of the gateway's own user.</summary>
    public string OwnRole { get; set; } = "service";

    public static JsonObject TokenOf(FakeTimeProvider time, string user = "u1", int seconds = 3600, string auditId = "a1", string role = "member") => new()
    {
        ["user"] = new JsonObject { ["id"] = user, ["name"] = "alice", ["domain"] = new JsonObject { ["id"] = "default", ["name"] = "Default" } },
        ["project"] = new JsonObject { ["id"] = "p1", ["name"] = "demo", ["domain"] = new JsonObject { ["id"] = "default", ["name"] = "Default" } },
        ["roles"] = new JsonArray(new JsonObject { ["id"] = "r1", ["name"] = role }),
        ["methods"] = new JsonArray("password"),
        ["audit_ids"] = new JsonArray(auditId),
        ["issued_at"] = $"{time.GetUtcNow().UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}.000000Z",
        ["expires_at"] = $"{time.GetUtcNow().AddSeconds(seconds).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}.000000Z",
    };

    public KeystoneClient Client(KeystoneOptions options) =>
        new(options, "http://keystone.example", new HttpMessageInvoker(this), new HttpMessageInvoker(this, disposeHandler: false), time, NullLogger<KeystoneClient>.Instance);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var asked = request.Method == HttpMethod.Get;
        if (asked) Questions++;
        else LogIns++;
        await Gate.WaitAsync(cancellationToken);
        if (Instead(request) is { } other) return other;
        if (!asked) return await LogInAsync(request, cancellationToken);
        if (!OwnTokens.Contains(request.Headers.GetValues("X-Auth-Token").Single())) return Error(HttpStatusCode.Unauthorized);
        if (request.RequestUri!.AbsolutePath == "/v3/OS-REVOKE/events")
            return Events is null ? Json(HttpStatusCode.NotFound, new JsonObject()) : Json(HttpStatusCode.OK, new JsonObject { ["events"] = Events.DeepClone() });
        var subject = request.Headers.GetValues("X-Subject-Token").Single();
        // Anyone's own token is his to validate.
        if (OwnTokens.Contains(subject)) return Json(HttpStatusCode.OK, new JsonObject { ["token"] = TokenOf(time, "gateway") });
        if (Refusals.TryGetValue(subject, out var refusal)) return Error(refusal);
        var isAnyAge = request.RequestUri.Query.Contains("allow_expired=1", StringComparison.Ordinal);
        return Tokens.TryGetValue(subject, out var token) && (isAnyAge || DateTimeOffset.Parse((string)token["expires_at"]!, CultureInfo.InvariantCulture) > time.GetUtcNow())
            ? Json(HttpStatusCode.OK, new JsonObject { ["token"] = token.DeepClone() })
            : Error(HttpStatusCode.NotFound);
    }

    private async Task<HttpResponseMessage> LogInAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        LastLogIn = await request.Content!.ReadAsStringAsync(cancel);
        var own = $"own-{LogIns}";
        OwnTokens.Add(own);
        var answer = Json(HttpStatusCode.Created, new JsonObject { ["token"] = TokenOf(time, "gateway", role: OwnRole) });
        answer.Headers.Add("X-Subject-Token", own);
        return answer;
    }

    private static HttpResponseMessage Error(HttpStatusCode status) =>
        Json(status, new JsonObject { ["error"] = new JsonObject { ["code"] = (int)status, ["title"] = status.ToString(), ["message"] = "No." } });

    private static HttpResponseMessage Json(HttpStatusCode status, JsonObject body) =>
        new(status) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
}
