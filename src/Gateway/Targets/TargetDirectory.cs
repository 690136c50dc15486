using System.Net;
using System.Text.Json;
using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.Extensions.Caching.Memory;

namespace Gateway.Targets;

/// <summary>
/// Knows whose a server is, by asking its backend once, as the caller; or as the gateway's own service user for a caller whose application credential
/// does not allow the question. What was learnt for one caller may be used for another: ownership is a fact about the server. Whether this caller may
/// know of the server is decided from it, not from who asked, or asked first.
/// </summary>
internal sealed partial class TargetDirectory : IDisposable
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>The longest that a call waits for what only its record needs.</summary>
    private static readonly TimeSpan RecordPatience = TimeSpan.FromSeconds(1);

    private readonly BackendAddresses _addresses;
    private readonly TimeSpan _timeout;
    private readonly MemoryCache _known;
    private readonly ILogger<TargetDirectory> _logger;
    private readonly KeystoneClient? _keystone;

    public TargetDirectory(BackendAddresses addresses, TargetOptions options, ILogger<TargetDirectory> logger, KeystoneClient? keystone = null)
    {
        _keystone = keystone;
        _addresses = addresses;
        _logger = logger;
        _timeout = TimeSpan.FromMilliseconds(options.LookupTimeoutMilliseconds);
        _known = new MemoryCache(new MemoryCacheOptions { SizeLimit = options.CachedServers });
    }

    /// <summary>Servers remembered now.</summary>
    public int Count => _known.Count;

    /// <summary>The server if it has been looked up before; costs nothing.</summary>
    public ServerTarget? Known(string serverId) => _known.Get<ServerTarget>(serverId);

    /// <summary>Keeps what was learnt of a server, for a while.</summary>
    public void Remember(ServerTarget target) => _known.Set(target.Id, target, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Lifetime });

    /// <summary>The server, or why it cannot be told: 404 when its backend does not show it to the caller, 503 when the backend cannot be asked.</summary>
    public async Task<Passage<ServerTarget>> FindAsync(string serverId, Subject subject, HttpContext context, string cluster)
    {
        // Who may not ask is not told either what others asked about: by the difference he could tell that it is there.
        if (Known(serverId) is { } known && (subject.AccessRules is null || known.ProjectId == subject.ProjectId)) return known;
        return await AskAsync(serverId, subject, context, cluster, _timeout);
    }

    /// <summary>
    /// Whose the server is, for the record alone: the caller must be told nothing that depends on it, so what others asked about counts for everybody.
    /// Null when its backend does not say.
    /// </summary>
    public async Task<ServerTarget?> OwnerAsync(string serverId, Subject subject, HttpContext context, string cluster) =>
        Known(serverId) is { } known ? known
        : (await AskAsync(serverId, subject, context, cluster, _timeout < RecordPatience ? _timeout : RecordPatience)).IsRefused(out var found, out _) ? null
        : found;

    private async Task<Passage<ServerTarget>> AskAsync(string serverId, Subject subject, HttpContext context, string cluster, TimeSpan patience)
    {
        if (_addresses.Of(cluster) is not { } backend)
            return Refusal.Unavailable("backend_unavailable", "Service is unavailable at this time.", $"cluster {cluster} has no destination in service");

        // Clients look servers up by name too: whatever was asked for stays one segment of the path.
        var path = "/v2.1/servers/" + Uri.EscapeDataString(serverId);
        var address = new Uri(backend.Address.GetLeftPart(UriPartial.Authority) + backend.Address.AbsolutePath.TrimEnd('/') + path, in AsWritten);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(patience);
        try
        {
            // What such a credential allows is the call, not our question. Who asks must not depend on the server: a caller could tell by the answer which
            // servers of others there are.
            var isRestricted = backend.Identity.PassesToken && !MayAsk(subject, path);
            var own = isRestricted && _keystone is not null ? await _keystone.AdministratorTokenAsync(limit.Token) : null;
            if (own is not null) request.Headers.TryAddWithoutValidation(ProtectedHeaders.AuthToken, own);
            else backend.Identity.Apply(request, context.Request.Headers, subject, "GET", path, []);
            using var response = await backend.Http.SendAsync(request, limit.Token);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => await RememberAsync(serverId, response, limit.Token),
                HttpStatusCode.NotFound => Refusal.NoSuchServer(serverId, "target_not_found"),
                HttpStatusCode.Unauthorized when own is not null => Unanswered("the backend refuses the service user's token"),
                HttpStatusCode.Unauthorized when isRestricted => LookupNotAllowed,
                HttpStatusCode.Unauthorized => Refusal.Unauthorized("backend_refused_token"),
                HttpStatusCode.Forbidden => Refusal.NoSuchServer(serverId, "target_hidden"),
                HttpStatusCode.TooManyRequests => Busy(response),
                _ => Unanswered($"status {(int)response.StatusCode}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            return Unanswered(e.Message);
        }
        catch (IdentityUnavailableException e)
        {
            return Refusal.Unavailable("identity_unavailable", "The identity service is unavailable.", e.Message);
        }

        Refusal Busy(HttpResponseMessage answer) =>
            Refusal.Unavailable("target_busy", "Service is unavailable at this time.", "the backend limits look-ups") with
            {
                RetryAfterSeconds = (long?)answer.Headers.RetryAfter?.Delta?.TotalSeconds ?? 1,
            };

        Refusal Unanswered(string problem)
        {
            Log.LookupFailed(_logger, serverId, cluster, problem);
            return Refusal.Unavailable("target_unavailable", "Service is unavailable at this time.", $"the server could not be looked up: {problem}");
        }
    }

    public void Dispose() => _known.Dispose();

    /// <summary>A service's token beside it lifts what the user's credential does not allow.</summary>
    private static bool MayAsk(Subject subject, string path) => subject.AccessRules is not { } rules || subject.Service is not null || rules.Allow("GET", path);

    /// <summary>The same answer whatever the server, in words that help.</summary>
    private static Refusal LookupNotAllowed { get; } = new(
        StatusCodes.Status403Forbidden,
        "lookup_not_allowed",
        "The application credential's access rules must also allow 'GET /v2.1/servers/{server_id}' of service 'compute': whose server it is has to be looked up first.")
    {
        Detail = "the service user of Identity:Keystone looks servers up instead when it has the role `admin`",
    };

    private async Task<Passage<ServerTarget>> RememberAsync(string serverId, HttpResponseMessage response, CancellationToken cancel)
    {
        using var document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancel), cancellationToken: cancel);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("server", out var server) || server.ValueKind != JsonValueKind.Object)
            throw new JsonException("the answer holds no server");
        if (Text(server, "id") != serverId) throw new JsonException("the answer is about another server");
        var target = new ServerTarget(serverId, Text(server, "tenant_id"), Text(server, "user_id"));
        Remember(target);
        return target;
    }

    private static string? Text(JsonElement server, string name) =>
        server.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Server {ServerId} could not be looked up in cluster {Cluster}: {Problem}")]
        public static partial void LookupFailed(ILogger logger, string serverId, string cluster, string problem);
    }
}

/// <summary>How servers are looked up. Bound from <c>Targets</c> in gateway.json.</summary>
internal sealed class TargetOptions
{
    public int CachedServers { get; set; } = 100_000;

    /// <summary>Longest wait for a backend's answer, in milliseconds.</summary>
    public int LookupTimeoutMilliseconds { get; set; } = 10_000;
}
