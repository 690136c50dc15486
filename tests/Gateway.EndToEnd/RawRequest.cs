using System.Text;

namespace Gateway.EndToEnd;

/// <summary>A request as bytes on the wire, so that nothing between the test and the gateway puts it in order.</summary>
internal sealed record RawRequest(string Method, string Target)
{
    public const string ActionPath = $"/v2.1/servers/{RecordingBackend.ServerId}/action";

    /// <summary>Header lines without their ends, in order.</summary>
    public IReadOnlyList<string> Headers { get; init; } = ["Host: compute.example"];

    public byte[] Body { get; init; } = [];

    /// <summary>An action on the one server, its body with an honest Content-Length and Content-Type.</summary>
    public static RawRequest Action(string? token, ReadOnlySpan<byte> body) =>
        new RawRequest("POST", ActionPath).As(token).With("Content-Type: application/json").WithBody(body);

    /// <inheritdoc cref="Action(string?, ReadOnlySpan{byte})"/>
    public static RawRequest Action(string? token, string body) => Action(token, Encoding.UTF8.GetBytes(body));

    public RawRequest As(string? token) => token is null ? this : With($"X-Auth-Token: {token}");

    public RawRequest With(params IEnumerable<string> headers) => this with { Headers = [.. Headers, .. headers] };

    /// <summary>Without the header lines of a name, in any case.</summary>
    public RawRequest Without(string name) =>
        this with { Headers = [.. Headers.Where(line => !line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))] };

    public RawRequest WithBody(ReadOnlySpan<byte> body) => Without("Content-Length").With($"Content-Length: {body.Length}") with { Body = body.ToArray() };

    /// <summary>The same body in chunks of a size, without a Content-Length.</summary>
    public RawRequest Chunked(int size)
    {
        using var chunks = new MemoryStream();
        foreach (var chunk in Body.Chunk(size))
        {
            chunks.Write(Encoding.ASCII.GetBytes($"{chunk.Length:x}\r\n"));
            chunks.Write(chunk);
            chunks.Write("\r\n"u8);
        }

        chunks.Write("0\r\n\r\n"u8);
        return Without("Content-Length").With("Transfer-Encoding: chunked") with { Body = chunks.ToArray() };
    }

    public byte[] ToBytes() =>
        [.. Encoding.Latin1.GetBytes($"{Method} {Target} HTTP/1.1\r\n{string.Concat(Headers.Select(line => line + "\r\n"))}\r\n"), .. Body];
}
