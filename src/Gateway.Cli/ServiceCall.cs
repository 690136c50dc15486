using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary>One HTTP exchange with a service, read whole.</summary>
internal sealed record ServiceAnswer(HttpStatusCode Status, IReadOnlyDictionary<string, string> Headers, string Text)
{
    /// <summary>The body, if it is a JSON object.</summary>
    public JsonObject? Json { get; } = Parse(Text);

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal static class ServiceCall
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <exception cref="CommandFault">The service could not be reached, or did not answer in time.</exception>
    public static async Task<ServiceAnswer> SendAsync(HttpRequestMessage request, string service, string url, CancellationToken cancellation, ServerTrust? trust = null)
    {
        // A proxy of the environment cannot reach this machine's own services.
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !request.RequestUri!.IsLoopback };
        trust?.Apply(handler.SslOptions);
        using var http = new HttpClient(handler) { Timeout = Timeout };
        try
        {
            using var response = await http.SendAsync(request, cancellation);
            var headers = response.Headers.ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
            return new ServiceAnswer(response.StatusCode, headers, await response.Content.ReadAsStringAsync(cancellation));
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            throw new CommandFault(
                ExitCode.Unreachable, $"{url}: {service}'s certificate is not trusted: {fault.GetBaseException().Message} A private authority's PEM file is named by `cacert` in clouds.yaml, or OS_CACERT");
        }
        catch (HttpRequestException fault)
        {
            throw new CommandFault(ExitCode.Unreachable, $"{url}: could not reach {service}: {fault.Message}");
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandFault(ExitCode.Unreachable, $"{url}: {service} did not answer within {Timeout.TotalSeconds} s");
        }
    }
}
