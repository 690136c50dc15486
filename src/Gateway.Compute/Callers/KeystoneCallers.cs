using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Callers;

/// <summary>What the identity service said about a token; <see cref="Caller"/> is null unless it is valid.</summary>
internal sealed record TokenAnswer(Caller? Caller, bool IdentityAnswered);

/// <summary>
/// Asks the identity service about tokens, each with itself as the credential, and remembers good answers briefly, by the
/// token's SHA-256.
/// </summary>
internal sealed partial class KeystoneCallers(string identityUrl, TimeProvider clock, HttpClient http, ILogger<KeystoneCallers> logger)
{
    /// <summary>How long a valid token is believed without asking again; a revoked one works no longer than this.</summary>
    public static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(30);

    private const int CacheSize = 1000;

    private readonly ConcurrentDictionary<string, (Caller Caller, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);
    private readonly Uri _tokens = TokensUrl(identityUrl);

    public async Task<TokenAnswer> ReadAsync(string token, CancellationToken cancellation)
    {
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(key, out var known) && known.Until > now)
            return new TokenAnswer(known.Caller, IdentityAnswered: true);

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _tokens);
            request.Headers.TryAddWithoutValidation("X-Auth-Token", token);
            request.Headers.TryAddWithoutValidation("X-Subject-Token", token);
            using var response = await http.SendAsync(request, cancellation);
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
                return new TokenAnswer(null, IdentityAnswered: true);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                Log.IdentityAnswered(logger, _tokens, (int)response.StatusCode);
                return new TokenAnswer(null, IdentityAnswered: false);
            }

            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
            var (caller, expires) = ReadToken(document.RootElement.GetProperty("token"));
            Remember(key, caller, expires < now + CacheTime ? expires : now + CacheTime, now);
            return new TokenAnswer(caller, IdentityAnswered: true);
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
            || (failure is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            Log.IdentityFailed(logger, _tokens, failure.Message);
            return new TokenAnswer(null, IdentityAnswered: false);
        }
    }

    /// <summary>Accepts the identity URL with and without its version.</summary>
    private static Uri TokensUrl(string identityUrl)
    {
        var trimmed = identityUrl.TrimEnd('/');
        return new Uri((trimmed.EndsWith("/v3", StringComparison.Ordinal) ? trimmed : trimmed + "/v3") + "/auth/tokens");
    }

    private static (Caller Caller, DateTimeOffset Expires) ReadToken(JsonElement token)
    {
        var project = token.TryGetProperty("project", out var scope) ? scope.GetProperty("id").GetString() : null;
        var roles = token.TryGetProperty("roles", out var list)
            ? list.EnumerateArray().Select(role => role.GetProperty("name").GetString()!).ToArray()
            : [];
        var expires = IsoTime.TryParse(token.GetProperty("expires_at").GetString()!, out var text)
            ? DateTimeOffset.Parse(text + "Z")
            : throw new JsonException("`expires_at` is not a time");
        return (new Caller(token.GetProperty("user").GetProperty("id").GetString()!, project, roles), expires);
    }

    private void Remember(string key, Caller caller, DateTimeOffset until, DateTimeOffset now)
    {
        if (_known.Count >= CacheSize)
        {
            foreach (var (old, entry) in _known)
            {
                if (entry.Until <= now)
                    _known.TryRemove(old, out _);
            }

            if (_known.Count >= CacheSize)
                _known.Clear();
        }

        _known[key] = (caller, until);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "identity service {Url} answered {Status}; image requests get 503")]
        public static partial void IdentityAnswered(ILogger logger, Uri url, int status);

        [LoggerMessage(Level = LogLevel.Warning, Message = "identity service {Url} cannot be asked: {Reason}; image requests get 503")]
        public static partial void IdentityFailed(ILogger logger, Uri url, string reason);
    }
}
