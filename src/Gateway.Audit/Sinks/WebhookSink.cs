using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit;

/// <summary>Where a webhook is, and what it is sent.</summary>
public sealed record WebhookReceiver(Uri Address)
{
    public SinkFormat Format { get; init; }

    /// <summary>A line for each record (NDJSON) instead of one JSON array.</summary>
    public bool AsLines { get; init; }

    /// <summary>A file with the whole value of <c>Authorization</c>; read for each request.</summary>
    public string? AuthorizationFile { get; init; }

    /// <summary>A file with the secret that signs requests; read for each request.</summary>
    public string? SecretFile { get; init; }

    /// <summary>A PEM file with the authorities that count; null for the system's.</summary>
    public string? CaFile { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    public override string ToString() => Address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}

/// <summary>Sends records to an HTTP receiver by POST, a batch at a time. A batch has arrived when the answer is 2xx.</summary>
/// <remarks>
/// Signed as the Standard Webhooks specification says: <c>webhook-signature</c> is <c>v1,</c> and the base64 of HMAC-SHA256 over <c>id.timestamp.body</c>.
/// </remarks>
public sealed class WebhookSink : IAuditSink
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly WebhookReceiver _receiver;
    private readonly string _stream;
    private readonly TimeProvider _time;
    private HttpClient? _http;

    public WebhookSink(WebhookReceiver receiver, string stream, TimeProvider time) => (_receiver, _stream, _time) = (receiver, stream, time);

    public string Place => _receiver.ToString();

    public async Task<bool> SendAsync(IReadOnlyList<StoredAuditEvent> records, CancellationToken ct)
    {
        var status = await PostAsync(records, ct);
        if (status == HttpStatusCode.RequestEntityTooLarge && records.Count > 1)
        {
            var half = records.Count / 2;
            await SendAsync([.. records.Take(half)], ct);
            return await SendAsync([.. records.Skip(half)], ct);
        }

        if (status is { } refused)
        {
            var what = records.Count == 1 ? $"record {records[0].Sequence}" : $"records {records[0].Sequence} to {records[^1].Sequence}";
            throw new SinkException($"{Place}: it answered {(int)refused} to {what}; correct the address, the credentials or the receiver, and start the gateway again") { IsFinal = true };
        }

        return true;
    }

    public Task SettleAsync(CancellationToken ct) => Task.CompletedTask;

    public void Dispose() => _http?.Dispose();

    /// <returns>Null when the receiver took them, otherwise a status that no repetition changes.</returns>
    private async Task<HttpStatusCode?> PostAsync(IReadOnlyList<StoredAuditEvent> records, CancellationToken ct)
    {
        try
        {
            _http ??= Connect();
            using var request = Request(records);
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return answer switch
            {
                { IsSuccessStatusCode: true } => null,
                { StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425 or >= HttpStatusCode.InternalServerError } =>
                    throw new SinkException($"{Place}: it answered {(int)answer.StatusCode}") { RetryAfter = RetryAfter(answer) },
                _ => answer.StatusCode,
            };
        }
        catch (TaskCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new SinkException($"{Place}: no answer within {_receiver.Timeout.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or CryptographicException or FormatException)
        {
            throw new SinkException($"{Place}: {e.Message}", e);
        }
    }

    private HttpRequestMessage Request(IReadOnlyList<StoredAuditEvent> records)
    {
        var body = (_receiver.AsLines ? SinkJson.Lines(_receiver.Format, _stream, records) : SinkJson.Array(_receiver.Format, _stream, records)).ToArray();
        var request = new HttpRequestMessage(HttpMethod.Post, _receiver.Address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", _receiver.AsLines ? "application/x-ndjson" : "application/json");

        // The same records have the same id: a receiver may drop what it has by it, or by each record's own.
        var id = string.Create(CultureInfo.InvariantCulture, $"{_stream}.{records[0].Sequence}-{records[^1].Sequence}");
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp);
        if (_receiver.SecretFile is { } file)
        {
            byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
            var signature = HMACSHA256.HashData(WebhookSecret.Read(file), signed);
            request.Headers.TryAddWithoutValidation("webhook-signature", "v1," + Convert.ToBase64String(signature));
        }

        if (_receiver.AuthorizationFile is { } authorization) request.Headers.TryAddWithoutValidation("Authorization", File.ReadAllText(authorization).Trim());
        return request;
    }

    private HttpClient Connect()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        if (_receiver.CaFile is { } authority) handler.SslOptions = SinkTls.Options(_receiver.Address.Host, authority, null, null);
        return new HttpClient(handler) { Timeout = _receiver.Timeout };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage answer)
    {
        var wait = answer.Headers.RetryAfter is not { } said ? null : said.Delta ?? (said.Date - _time.GetUtcNow());
        return wait is not { } time ? null : time < TimeSpan.Zero ? TimeSpan.Zero : time > LongestWait ? LongestWait : time;
    }
}

/// <summary>The secret that signs webhooks.</summary>
public static class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int Shortest = 16;

    /// <summary>The key in a file: base64 after <c>whsec_</c>, as webhook services hand it out, or else the text itself.</summary>
    /// <exception cref="FormatException">It is none, or too short.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static byte[] Read(string file)
    {
        var text = File.ReadAllText(file).Trim();
        byte[] key;
        try
        {
            key = text.StartsWith(Prefix, StringComparison.Ordinal) ? Convert.FromBase64String(text[Prefix.Length..]) : Encoding.UTF8.GetBytes(text);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{file}: after `{Prefix}` there must be base64", e);
        }

        return key.Length >= Shortest ? key : throw new FormatException($"{file}: a secret has at least {Shortest} bytes, this one has {key.Length}");
    }
}
