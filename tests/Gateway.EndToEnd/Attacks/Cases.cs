using System.IO.Compression;
using System.Text;

namespace Gateway.EndToEnd.Attacks;

/// <summary>How the tables write their cases.</summary>
internal static class Cases
{
    public const string Migrate = """{"migrate": null}""";

    /// <summary>oslo.middleware's limit of a body, which is Nova's.</summary>
    public const int LargestBody = 114_688;

    public static readonly string Id = RecordingBackend.ServerId;

    /// <summary>A body that is refused as one: 400, in Nova's words.</summary>
    public static AttackCase Body(string name, byte[] body, string code, string? message = "Malformed request body") =>
        Refused(name, g => RawRequest.Action(g.Admin, body), 400, code, message);

    /// <inheritdoc cref="Body(string, byte[], string, string?)"/>
    public static AttackCase Body(string name, string body, string code, string? message = "Malformed request body") => Body(name, Utf8(body), code, message);

    public static AttackCase Refused(string name, Func<RecordingGateway, RawRequest> request, int status, string code, string? message = null) =>
        new(name, g => request(g).ToBytes(), new Refused(status, code, message));

    public static AttackCase Forwarded(string name, Func<RecordingGateway, RawRequest> request, string? action = "migrate") =>
        new(name, g => request(g).ToBytes(), new Forwarded(action));

    /// <summary>The same allowed action, with other headers.</summary>
    public static RawRequest With(RecordingGateway gateway, params string[] headers) => RawRequest.Action(gateway.Admin, Migrate).With(headers);

    /// <summary>The same allowed action, with one header line in place of another.</summary>
    public static RawRequest Instead(RecordingGateway gateway, string name, string value) =>
        RawRequest.Action(gateway.Admin, Migrate).Without(name).With($"{name}: {value}");

    /// <summary>The same allowed action, sent somewhere else, in another manner.</summary>
    public static RawRequest At(RecordingGateway gateway, string method, string target) =>
        method is "GET" or "DELETE" ? new RawRequest(method, target).As(gateway.Admin) : RawRequest.Action(gateway.Admin, Migrate) with { Method = method, Target = target };

    /// <summary>The same allowed action as chunks that are written out.</summary>
    public static RawRequest Chunks(RecordingGateway gateway, string chunks) => RawRequest.Action(gateway.Admin, Migrate).Chunked(8) with { Body = Latin1(chunks) };

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>A request's bytes, one letter for each.</summary>
    public static string Latin1Text(RawRequest request) => Encoding.Latin1.GetString(request.ToBytes());

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
