using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Gateway.Identity;

/// <summary>
/// Speaks to Keystone as the gateway's service user. It never says no in Keystone's place: whatever keeps it from an answer is an
/// <see cref="IdentityUnavailableException"/>.
/// </summary>
/// <param name="options">Who the service user is, and how long to wait.</param>
/// <param name="authUrl">Keystone's address.</param>
/// <param name="pooled">Sends over connections that are kept.</param>
/// <param name="fresh">Sends over a new connection each time, for the second try: uwsgi closes connections without saying so.</param>
internal sealed partial class KeystoneClient(
    KeystoneOptions options, string authUrl, HttpMessageInvoker pooled, HttpMessageInvoker fresh, TimeProvider time, ILogger<KeystoneClient> logger) : IDisposable
{
    /// <summary>How much of an answer is read; a token's description has a few hundred bytes to some tens of thousand.</summary>
    private const int LargestAnswer = 4 * 1024 * 1024;

    /// <summary>The own token is renewed when less than this is left of it.</summary>
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(1);

    /// <summary>Nobody logs in again within this time: Keystone locks users out, and a new token that is refused is not mended by a newer one.</summary>
    private static readonly TimeSpan LoginPause = TimeSpan.FromSeconds(5);

    private readonly string _v3 = Version3(authUrl);
    private readonly SemaphoreSlim _asking = new(options.MaxConcurrent);
    private readonly SemaphoreSlim _login = new(1);
    private volatile OwnToken? _own;

    // Guarded by _login.
    private (long At, string Problem)? _loginRefused;
    private long? _loggedIn;

    /// <summary>Keystone's description of a token, and what it said about it.</summary>
    /// <exception cref="IdentityUnavailableException">Keystone could not be asked, or not be understood.</exception>
    public async Task<KeystoneAnswer> DescribeAsync(string token, TokenAge age, CancellationToken cancel)
    {
        var answer = await AskAsync("/auth/tokens?nocatalog" + (age == TokenAge.Any ? "&allow_expired=1" : ""), token, cancel);
        return answer.Status switch
        {
            // 401 and 403 come here only when they are about the token in question.
            HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => answer,
            _ => throw Unexpected(answer, "about a token"),
        };
    }

    /// <summary>The revocation events since a time; null when this Keystone offers none.</summary>
    /// <exception cref="IdentityUnavailableException">Keystone could not be asked, or not be understood.</exception>
    public async Task<ReadOnlyMemory<byte>?> RevocationsAsync(DateTimeOffset since, CancellationToken cancel)
    {
        var answer = await AskAsync($"/OS-REVOKE/events?since={since.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}", subjectToken: null, cancel);
        return answer.Status switch
        {
            HttpStatusCode.OK => answer.Body,
            HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Gone or HttpStatusCode.MethodNotAllowed => null,
            _ => throw Unexpected(answer, "for revocation events"),
        };
    }

    /// <summary>The service user's own token, when it has the role <c>admin</c>, to which Nova shows the servers of every project; null when it has not.</summary>
    /// <exception cref="IdentityUnavailableException">There is no own token, and none to be had.</exception>
    public Task<string?> AdministratorTokenAsync(CancellationToken cancel) => InTimeAsync(
        async limit => await OwnTokenAsync(refused: null, limit) is { IsAdministrator: true } own ? own.Text : null, cancel);

    public void Dispose()
    {
        pooled.Dispose();
        fresh.Dispose();
        _asking.Dispose();
        _login.Dispose();
    }

    /// <summary>
    /// Asks as the service user; when it is the own token that is not accepted, once more with a new one. Keystone says 401 and 403 both of the token
    /// that asks and of the one that is asked about: which it is, it tells when asked about the own one.
    /// </summary>
    private Task<KeystoneAnswer> AskAsync(string path, string? subjectToken, CancellationToken caller)
    {
        return InTimeAsync(
            async limit =>
            {
                await _asking.WaitAsync(limit);
                try
                {
                    var own = await OwnTokenAsync(refused: null, limit);
                    var answer = await AskAsync(own, limit);
                    if (!await IsAboutOwnAsync(own, answer, limit)) return answer;
                    own = await OwnTokenAsync(refused: own, limit);
                    answer = await AskAsync(own, limit);
                    return await IsAboutOwnAsync(own, answer, limit)
                        ? throw new IdentityUnavailableException($"{_v3}: refuses the service user's token ({(int)answer.Status}), though it is new")
                        : answer;
                }
                finally
                {
                    _asking.Release();
                }
            },
            caller);

        Task<KeystoneAnswer> AskAsync(OwnToken own, CancellationToken limit) => SendAsync(() => Question(path, own, subjectToken), limit);

        async Task<bool> IsAboutOwnAsync(OwnToken own, KeystoneAnswer answer, CancellationToken limit)
        {
            if (subjectToken is null) return answer.Status == HttpStatusCode.Unauthorized;
            if (answer.Status == HttpStatusCode.OK) own.HasValidated = true;
            if (answer.Status == HttpStatusCode.NotFound && !IsKeystones(answer)) throw Unexpected(answer, "about a token, not in Keystone's words");
            if (answer.Status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)) return false;
            var check = await SendAsync(() => Question(path, own, own.Text), limit);
            if (check.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound) return true;
            if (check.Status != HttpStatusCode.OK) throw Unexpected(check, "about the service user's own token");
            // Anyone may validate his own token. 403 says something of another's only where others' can be validated at all.
            if (answer.Status == HttpStatusCode.Forbidden && !own.HasValidated)
                throw new IdentityUnavailableException($"{_v3}: the service user may not validate tokens (403): give it the role `service` or `admin` in its project");
            return false;
        }
    }

    /// <summary>Bounds the time of everything together, and says it in one way when there is no answer.</summary>
    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken caller)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.TimeoutMilliseconds), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, caller);
        try
        {
            return await work(both.Token);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            throw new IdentityUnavailableException($"{_v3}: no answer within {options.TimeoutMilliseconds} ms");
        }
        catch (HttpRequestException e)
        {
            throw new IdentityUnavailableException($"{_v3}: cannot be reached: {e.GetBaseException().Message}");
        }
    }

    private HttpRequestMessage Question(string path, OwnToken own, string? subjectToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _v3 + path);
        request.Headers.TryAddWithoutValidation("X-Auth-Token", own.Text);
        if (subjectToken is null) return request;
        request.Headers.TryAddWithoutValidation("X-Subject-Token", subjectToken);
        // Without this, Keystone hides the tokens of application credentials that have access rules from us.
        request.Headers.TryAddWithoutValidation("OpenStack-Identity-Access-Rules", "1.0");
        return request;
    }

    /// <summary>Whether it is Keystone that says so: whatever stands before it, or in its place, has a 404 as well.</summary>
    private static bool IsKeystones(KeystoneAnswer answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var number)
                && number == (int)answer.Status;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The own token: as it is while it is good, otherwise a new one; all who need it wait for one log-in.</summary>
    private async Task<OwnToken> OwnTokenAsync(OwnToken? refused, CancellationToken cancel)
    {
        if (Usable(_own) is { } known) return known;
        await _login.WaitAsync(cancel);
        try
        {
            if (Usable(_own) is { } renewed) return renewed;
            if (_loginRefused is var (at, problem) && time.GetElapsedTime(at) < LoginPause) throw new IdentityUnavailableException(problem);
            if (refused is not null && _loggedIn is { } last && time.GetElapsedTime(last) < LoginPause)
                throw new IdentityUnavailableException($"{_v3}: refuses the service user's token, though it is new");
            _own = await LogInAsync(cancel);
            _loggedIn = time.GetTimestamp();
            return _own;
        }
        finally
        {
            _login.Release();
        }

        OwnToken? Usable(OwnToken? own) => own is not null && own != refused && own.Expires - time.GetUtcNow() > RenewBefore ? own : null;
    }

    private async Task<OwnToken> LogInAsync(CancellationToken cancel)
    {
        byte[] body;
        try
        {
            body = JsonSerializer.SerializeToUtf8Bytes(KeystoneLogin.Body(options));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IdentityUnavailableException($"the service user's secret cannot be read: {e.Message}");
        }

        // Logging in twice does no harm, so a connection that broke is tried again as for a question.
        var answer = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, _v3 + "/auth/tokens?nocatalog")
            {
                Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            },
            cancel);
        if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.BadRequest)
        {
            var problem = $"{_v3}: refuses the service user's log-in ({(int)answer.Status}): correct Identity:Keystone";
            _loginRefused = (time.GetTimestamp(), problem);
            Log.LoginRefused(logger, _v3, (int)answer.Status);
            throw new IdentityUnavailableException(problem);
        }

        if (answer.Status != HttpStatusCode.Created || answer.SubjectToken is not { Length: > 0 } token) throw Unexpected(answer, "to log the service user in");
        _loginRefused = null;
        try
        {
            var bearer = KeystoneTokenReader.Read(answer.Body);
            var own = new OwnToken(token, bearer.ExpiresAt, bearer.Roles.Contains("admin", StringComparer.OrdinalIgnoreCase));
            Log.LoggedIn(logger, _v3, own.Expires);
            return own;
        }
        catch (Exception e) when (e is JsonException or SubjectMalformedException)
        {
            throw new IdentityUnavailableException($"{_v3}: answered the log-in with what is no token: {e.Message}");
        }
    }

    /// <summary>Sends, and once more when a connection that had been kept open turned out to be closed.</summary>
    private async Task<KeystoneAnswer> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        try
        {
            return await SendOnceAsync(pooled, make, cancel);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ConfigurationLimitExceeded))
        {
            return await SendOnceAsync(fresh, make, cancel);
        }
    }

    private async Task<KeystoneAnswer> SendOnceAsync(HttpMessageInvoker http, Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        using var request = make();
        using var response = await http.SendAsync(request, cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        using var body = new MemoryStream();
        var buffer = new byte[8192];
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer, cancel)) > 0;)
            {
                body.Write(buffer, 0, read);
                if (body.Length > LargestAnswer) throw new IdentityUnavailableException($"{_v3}: its answer is longer than {LargestAnswer} bytes");
            }
        }
        catch (IOException e)
        {
            throw new HttpRequestException(HttpRequestError.ResponseEnded, e.Message, e);
        }

        return new KeystoneAnswer(
            response.StatusCode,
            body.ToArray(),
            response.Headers.TryGetValues("X-Subject-Token", out var tokens) ? tokens.FirstOrDefault() : null,
            response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - time.GetUtcNow() : null);
    }

    private IdentityUnavailableException Unexpected(KeystoneAnswer answer, string question) =>
        new($"{_v3}: answered {(int)answer.Status} when asked {question}") { RetryAfter = answer.RetryAfter };

    /// <summary>Accepts the address with and without its version.</summary>
    private static string Version3(string url)
    {
        var trimmed = url.TrimEnd('/');
        return trimmed.EndsWith("/v3", StringComparison.Ordinal) ? trimmed : trimmed + "/v3";
    }

    /// <summary>The service user's token. Not a record: it must never print itself.</summary>
    private sealed class OwnToken(string text, DateTimeOffset expires, bool isAdministrator)
    {
        public string Text => text;

        public DateTimeOffset Expires => expires;

        public bool IsAdministrator => isAdministrator;

        /// <summary>With it, another's token was found good. Only ever set.</summary>
        public bool HasValidated { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Keystone} refuses the service user's log-in ({Status}): tokens cannot be validated; correct Identity:Keystone")]
        public static partial void LoginRefused(ILogger logger, string keystone, int status);

        [LoggerMessage(2, LogLevel.Information, "Logged in to {Keystone} until {Expires:u}")]
        public static partial void LoggedIn(ILogger logger, string keystone, DateTimeOffset expires);
    }
}

/// <summary>Of which age a token may be.</summary>
internal enum TokenAge
{
    /// <summary>Within its time.</summary>
    Current,

    /// <summary>Also past its end, for as long as Keystone lets services go on with what a user began (its <c>allow_expired_window</c>).</summary>
    Any,
}

/// <summary>An answer of Keystone's, read whole.</summary>
internal sealed record KeystoneAnswer(HttpStatusCode Status, ReadOnlyMemory<byte> Body, string? SubjectToken, TimeSpan? RetryAfter);

/// <summary>The identity service could not be asked: nothing is known about the token.</summary>
internal sealed class IdentityUnavailableException(string message) : Exception(message)
{
    /// <summary>When the service itself said to come again.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
