using static Gateway.EndToEnd.Attacks.Cases;

namespace Gateway.EndToEnd.Attacks;

/// <summary>47 to 66: where a request ends, and which lines are headers.</summary>
internal static class FramingAttacks
{
    private const string NoHost = "The Host header is not the name or address of a host";
    private const string Hidden = "POST /v2.1/servers/11111111-2222-3333-4444-555555555555/action HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{\"os-stop\": null}";
    private const string BothLengths = "Content-Length and Transfer-Encoding cannot be sent together";
    private const string OtherEncoding = "The only Transfer-Encoding accepted is 'chunked'";

    public static readonly AttackCase[] All =
    [
        Refused("047 Content-Length with Transfer-Encoding", g => RawRequest.Action(g.Admin, Migrate).Chunked(8).With("Content-Length: 17"), 400,
            "content_length_and_transfer_encoding", BothLengths),
        Refused("047 Content-Length before Transfer-Encoding", g => With(g, "Transfer-Encoding: chunked") with { Body = Latin1($"11\r\n{Migrate}\r\n0\r\n\r\n") }, 400,
            "content_length_and_transfer_encoding", BothLengths),
        Refused("047 The name under which a server shows that both were sent", g => With(g, "X-Content-Length: 17"), 400,
            "content_length_and_transfer_encoding", BothLengths),
        Refused("048 A request hidden behind the last chunk, inside the length", g => Smuggled(g, $"0\r\n\r\n{Hidden}"), 400,
            "content_length_and_transfer_encoding", BothLengths),
        Refused("048 A request hidden in a chunk, behind the length",
            g => Chunks(g, $"{Hidden.Length:x}\r\n{Hidden}\r\n0\r\n\r\n").With("Content-Length: 4"), 400, "content_length_and_transfer_encoding", BothLengths),
        Refused("052 Chunks of something compressed", g => Encoding(g, "Transfer-Encoding: gzip, chunked"), 400, "transfer_encoding", OtherEncoding),
        Refused("052 Chunks of chunks", g => Encoding(g, "Transfer-Encoding: chunked, chunked"), 400, "transfer_encoding", OtherEncoding),
        Refused("054 Chunks announced twice", g => Encoding(g, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400, "header_repeated",
            "The header 'Transfer-Encoding' may be sent once only"),
        Refused("054 Chunks announced in capitals", g => Encoding(g, "Transfer-Encoding: CHUNKED"), 400, "transfer_encoding", OtherEncoding),
        Forwarded("054 Chunks announced after a tab, which is white space", g => Encoding(g, "Transfer-Encoding:\tchunked")),
        Refused("055 A chunk extension ended by a line feed alone", g => Chunks(g, $"11;a\n{Migrate}\r\n0\r\n\r\n"), 400, "body_unreadable"),
        Refused("055 A request hidden behind a chunk extension ended by a line feed", g => Chunks(g, $"5;\nxx\r\n{Hidden.Length:x}\r\n0\r\n\r\n{Hidden}"), 400,
            "body_unreadable"),
        Refused("056 A carriage return alone in a chunk extension", g => Chunks(g, $"11;a\rb\r\n{Migrate}\r\n0\r\n\r\n"), 400, "body_unreadable"),
        Refused("056 A chunk size ended by a line feed alone", g => Chunks(g, $"11\n{Migrate}\r\n0\r\n\r\n"), 400, "body_unreadable"),
        Refused("056 A chunk of negative size", g => Chunks(g, "-8\r\n{\"migrat\r\n0\r\n\r\n"), 400, "body_unreadable"),
        Refused("056 A chunk whose size has a prefix", g => Chunks(g, $"0x11\r\n{Migrate}\r\n0\r\n\r\n"), 400, "body_unreadable"),
        Refused("056 A chunk of a size beyond all", g => Chunks(g, $"ffffffffffffffff11\r\n{Migrate}\r\n0\r\n\r\n"), 400, "body_unreadable"),
        Refused("056 A chunk longer than its size", g => Chunks(g, $"10\r\n{Migrate}\r\n0\r\n\r\n"), 400, "body_unreadable"),
        Forwarded("057 Roles in the trailers of chunks", g => Chunks(g, $"11\r\n{Migrate}\r\n0\r\nX-Roles: admin\r\nX-Auth-Token: {g.Alice}\r\n\r\n")),
        Refused("060 The target is another's address, and so is the host", g => (At(g, "POST", $"http://elsewhere.example{RawRequest.ActionPath}"))
            .Without("Host").With("Host: elsewhere.example"), 400, "target_form", "Malformed request URL: only a path is accepted as the request target"),
        Refused("060 A host with an empty label", g => RawRequest.Action(g.Admin, Migrate).Without("Host").With("Host: compute..example"), 400, "host_malformed", NoHost),
        Refused("060 A host whose port is none", g => RawRequest.Action(g.Admin, Migrate).Without("Host").With("Host: compute.example:66000"), 400, "host_malformed", NoHost),
        Forwarded("060 A host that is an address", g => RawRequest.Action(g.Admin, Migrate).Without("Host").With("Host: [::1]:8774")),
        new("061 A body of which nothing says how long it is", g => RawRequest.Action(g.Admin, Migrate).Without("Content-Length").ToBytes(),
            new Refused(400, "body_empty", "Malformed request body")),
        new("061 A request where a body would be that nothing announces",
            g => (RawRequest.Action(g.Admin, "") with { Body = RawRequest.Action(g.Admin, Migrate).ToBytes() }).Without("Content-Length").ToBytes(),
            new Refused(400, "body_empty", "Malformed request body")),
        new("061 A request where a body would be, behind a request without a token",
            g => (RawRequest.Action(null, "") with { Body = RawRequest.Action(g.Admin, Migrate).ToBytes() }).Without("Content-Length").ToBytes(),
            new Refused(401, "token_missing")),
        Refused("062 HTTP/2 asked for in the clear", g => With(g, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"), 400, "upgrade",
            "This API does not change protocols"),
        Refused("062 Another protocol", g => With(g, "Connection: Upgrade", "Upgrade: websocket"), 400, "upgrade", "This API does not change protocols"),
        new("062 Chunks in HTTP/1.0, which has none", g => Old(RawRequest.Action(g.Admin, Migrate).Chunked(8)), new Refused(400, "transfer_encoding", OtherEncoding)),
        new("062 Chunks in HTTP/1.0 on a connection that is to stay, and a request behind them",
            g => [.. Old(RawRequest.Action(g.Admin, Migrate).Chunked(8).With("Connection: keep-alive")), .. RawRequest.Action(g.Admin, Migrate).ToBytes()],
            new Refused(400, "transfer_encoding", OtherEncoding)),
        new("062 HTTP/1.0 with a length", g => Old(RawRequest.Action(g.Admin, Migrate)), new Forwarded()),
        new("063 An allowed action and a forbidden one in one segment",
            g => [.. RawRequest.Action(g.Admin, Migrate).ToBytes(), .. RawRequest.Action(g.Alice, Migrate).ToBytes()], new Forwarded(), new Refused(403, "policy_denied")),
        new("063 A forbidden action and an allowed one in one segment",
            g => [.. RawRequest.Action(g.Alice, Migrate).ToBytes(), .. RawRequest.Action(g.Admin, """{"os-start": null}""").ToBytes()], new Refused(403, "policy_denied"),
            new Forwarded("os-start")),
        new("063 A refusal that ends the connection, and an allowed action behind it",
            g => [.. With(g, "Content-Encoding: gzip").ToBytes(), .. RawRequest.Action(g.Admin, Migrate).ToBytes()], new Refused(415, "content_encoding")),
    ];

    /// <summary>What the web server under the gateway refuses by itself, before there is a request.</summary>
    public static readonly BelowHttpCase[] BelowHttp =
    [
        Below("049 Two lengths", g => With(g, "Content-Length: 18")),
        Below("049 The same length twice", g => With(g, "Content-Length: 17")),
        Below("049 Two lengths in one header", g => Instead(g, "Content-Length", "17, 17")),
        Below("050 A length with a plus", g => Instead(g, "Content-Length", "+17")),
        Below("051 A length with a minus", g => Instead(g, "Content-Length", "-17")),
        Below("051 A length of hexadecimal digits", g => Instead(g, "Content-Length", "0x11")),
        Below("051 A length of twenty digits", g => Instead(g, "Content-Length", "99999999999999999999")),
        Below("051 A length in words", g => Instead(g, "Content-Length", "seventeen, more or less")),
        Below("053 An encoding that is none", g => Encoding(g, "Transfer-Encoding: identity")),
        Below("053 Chunks that are none", g => Encoding(g, "Transfer-Encoding: xchunked")),
        Below("053 Chunks before something", g => Encoding(g, "Transfer-Encoding: chunked, identity")),
        Below("053 A blank before the colon of Transfer-Encoding", g => Encoding(g, "Transfer-Encoding : chunked")),
        new("058 Header lines ended by line feeds", g => Latin1($"POST {RawRequest.ActionPath} HTTP/1.1\nHost: a\nX-Auth-Token: {g.Admin}\nContent-Length: 17\n\n{Migrate}"), 400, null),
        new("058 One header line ended by a line feed", g => Latin1($"POST {RawRequest.ActionPath} HTTP/1.1\r\nHost: a\nX-Auth-Token: {g.Admin}\r\nContent-Length: 17\r\n\r\n{Migrate}")),
        Below("059 A folded line", g => With(g, " admin")),
        Below("059 A blank before a colon", g => With(g, "X-Roles : admin")),
        Below("059 A NUL in a value", g => With(g, "X-Note: a\0b")),
        Below("059 A carriage return in a value", g => With(g, "X-Note: a\rX-Roles: admin")),
        Below("059 A letter of another alphabet in a value", g => With(g, "X-Note: caf\u00e9")),
        Below("059 A header without a colon", g => With(g, "X-Roles")),
        Below("060 No host", g => RawRequest.Action(g.Admin, Migrate).Without("Host")),
        Below("060 Two hosts", g => With(g, "Host: elsewhere.example")),
        Below("060 The target is another's address than the host", g => At(g, "POST", $"http://elsewhere.example{RawRequest.ActionPath}")),
        new("062 HTTP/1.0 without a length", g => Old(RawRequest.Action(g.Admin, Migrate).Without("Content-Length"))),
        new("062 HTTP/9.9", g => Latin1(Latin1Text(RawRequest.Action(g.Admin, Migrate)).Replace("HTTP/1.1", "HTTP/9.9", StringComparison.Ordinal)), 505, null),
        new("062 HTTP/2 begun without asking", _ => Latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"), 505, null),
        new("062 TLS where there is none", _ => Latin1("\u0016\u0003\u0001\0\u0005\u0001\0\0\u0001\0\r\n\r\n"), 400, null),
        Below("066 More headers than anyone needs", g => With(g, [.. Enumerable.Range(0, 150).Select(i => $"X-Note-{i}: x")]), 431, "headers_too_large"),
        Below("066 A header of forty thousand bytes", g => With(g, $"X-Note: {new string('x', 40_000)}"), 431, "headers_too_large"),
        Below("066 A target of ten thousand bytes", g => At(g, "GET", $"/v2.1/servers?name={new string('x', 10_000)}"), 414, null),
        Below("074 A NUL in the path", g => At(g, "POST", $"/v2.1/servers/{Id}%00/action"), 400, null),
    ];

    private static BelowHttpCase Below(string name, Func<RecordingGateway, RawRequest> request, int status = 400, string? code = "http_malformed") =>
        new(name, g => request(g).ToBytes(), status, code);

    private static RawRequest Encoding(RecordingGateway gateway, params string[] headers) =>
        RawRequest.Action(gateway.Admin, Migrate).Chunked(8).Without("Transfer-Encoding").With(headers);

    /// <summary>A chunked body whose Content-Length covers what is behind its last chunk, too.</summary>
    private static RawRequest Smuggled(RecordingGateway gateway, string body) =>
        Chunks(gateway, body).With($"Content-Length: {body.Length}");

    private static byte[] Old(RawRequest request) => Latin1(Latin1Text(request).Replace("HTTP/1.1", "HTTP/1.0", StringComparison.Ordinal));
}
