using System.Text;
using static Gateway.EndToEnd.Attacks.Cases;

namespace Gateway.EndToEnd.Attacks;

/// <summary>1 to 43: bodies that two readers could take for two things.</summary>
internal static class BodyAttacks
{
    private const string Start = """{"os-start":null}""";
    private const string Backup = """{"name": "b", "backup_type": "", "rotation": 1}""";
    private const string TooLarge = "Request is too large.";

    public static readonly AttackCase[] All =
    [
        // How the body is labelled and written.
        Forwarded("001 A body without a Content-Type", g => RawRequest.Action(g.Admin, Start).Without("Content-Type"), "os-start"),
        Forwarded("002 A body called plain text", g => Typed(g, "text/plain", Start), "os-start"),
        Refused("003 A charset that the body does not have", g => Typed(g, "application/json; charset=utf-16"), 415, "charset", Charset),
        Refused("004 A charset of mail", g => Typed(g, "application/json; charset=\"utf-7\""), 415, "charset", Charset),
        Refused("004 A charset of mainframes", g => Typed(g, "application/json; charset=cp037"), 415, "charset", Charset),
        Refused("004 A charset with escapes", g => Typed(g, "application/json;charset=ISO-2022-JP"), 415, "charset", Charset),
        Refused("004 A charset that nobody knows", g => Typed(g, "text/plain; charset=x-unheard-of"), 415, "charset", Charset),
        Refused("004 Two charsets, the right one first", g => Typed(g, "application/json; charset=utf-8; charset=utf-16"), 415, "charset", Charset),
        Refused("004 Two charsets, the right one last", g => Typed(g, "application/json; charset=utf-16; charset=utf-8"), 415, "charset", Charset),
        Forwarded("004 The right charset, spelt otherwise", g => Typed(g, "application/json; charset=\"UTF-8\"")),
        Refused("005 Two Content-Type headers", g => With(g, "Content-Type: text/plain"), 400, "header_repeated", "The header 'Content-Type' may be sent once only"),
        Refused("005 Two types in one Content-Type", g => Typed(g, "application/json, text/plain"), 415, "content_type", MediaType),
        Refused("006 A body called XML", g => Typed(g, "application/xml"), 415, "content_type", MediaType),
        Refused("006 A body called a form", g => Typed(g, "application/x-www-form-urlencoded"), 415, "content_type", MediaType),
        Refused("006 A body called a form of several parts", g => Typed(g, "multipart/form-data; boundary=x"), 415, "content_type", MediaType),
        Refused("006 A body called something like JSON", g => Typed(g, "application/vnd.api+json"), 415, "content_type", MediaType),
        Body("007 A byte order mark before the body", [0xEF, 0xBB, 0xBF, .. Utf8(Migrate)], "body_bom"),
        Body("008 UTF-16, little end first", Encoding.Unicode.GetBytes(Migrate), "body_not_json"),
        Body("008 UTF-16, big end first", Encoding.BigEndianUnicode.GetBytes(Migrate), "body_not_json"),
        Body("008 UTF-16 with its mark", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Migrate)], "body_not_utf8"),
        Body("008 UTF-16 with its mark, big end first", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Migrate)], "body_not_utf8"),
        Body("009 UTF-32", Encoding.UTF32.GetBytes(Migrate), "body_not_json"),
        Body("010 Ill-formed UTF-8 in the action", Latin1("{\"mi\u00ffgrate\": null}"), "body_not_utf8"),
        Body("011 Ill-formed UTF-8 in a value", Latin1("{\"migrate\": \"\u00c0\u0080\"}"), "body_not_utf8"),
        Body("012 A letter of the action in more bytes than it needs", Latin1("{\"re\u00c1\u00a2oot\": {\"type\": \"SOFT\"}}"), "body_not_utf8"),
        Body("013 Half a surrogate pair in the action", """{"\ud800migrate": null}""", "body_lone_surrogate"),
        Body("014 Half a surrogate pair in a value", """{"migrate": "\udc00"}""", "body_lone_surrogate"),
        Forwarded("015 A letter of the action escaped", g => RawRequest.Action(g.Admin, """{"\u0072eboot": {"type": "SOFT"}}"""), "reboot"),
        Body("016 A NUL at the end of the action", """{"reboot\u0000": {"type": "SOFT"}}""", "action_name", null),
        Body("017 A line break in the action", """{"migrate\r\nX-Roles: admin": null}""", "action_name", "There is no such action: migrate\\r\\nX-Roles: admin"),
        Body("017 A terminal's escape in the action", """{"\u001b[2Jmigrate": null}""", "action_name", "There is no such action: \\x1b[2Jmigrate"),
        Body("017 A right-to-left override in the action", "{\"\u202eetargim\": null}", "action_name", "There is no such action: \\u202eetargim"),
        Body("018 A Kelvin sign for a k", "{\"loc\u212a\": null}", "action_name", "There is no such action: loc\u212a"),
        Body("018 Full-width letters", "{\"\uff4c\uff4f\uff43\uff4b\": null}", "action_name", null),
        Body("018 A blank before the action", """{" migrate": null}""", "action_name", "There is no such action:  migrate"),
        Body("018 A blank after the action", """{"migrate ": null}""", "action_name", null),
        Body("018 The action in another case", """{"Migrate": null}""", "unknown_action", "There is no such action: Migrate"),
        Body("019 An action without a name", """{"": null}""", "action_name", "There is no such action: "),
        Refused("020 A name of a million letters", g => RawRequest.Action(g.Admin, Long(1_000_000)), 413, "body_too_large", TooLarge),
        Body("020 A name of a hundred thousand letters", Long(100_000), "action_name", null),
        Refused("021 A compressed body", g => Encoded(g, "gzip", Gzip(Utf8(Migrate))), 415, "content_encoding", NotEncoded),
        Refused("022 A plain body called compressed", g => Encoded(g, "gzip", Utf8(Migrate)), 415, "content_encoding", NotEncoded),
        Refused("023 A body called encoded by nothing", g => Encoded(g, "identity", Utf8(Migrate)), 415, "content_encoding", NotEncoded),
        Refused("023 A body called compressed in a newer way", g => Encoded(g, "br", Utf8(Migrate)), 415, "content_encoding", NotEncoded),
        Refused("023 A body encoded in a way that nobody knows", g => Encoded(g, "x-unheard-of", Utf8(Migrate)), 415, "content_encoding", NotEncoded),
        Refused("023 A body encoded twice", g => Encoded(g, "gzip, gzip", Gzip(Gzip(Utf8(Migrate)))), 415, "content_encoding", NotEncoded),
        Refused("024 Ten million zeros in ten thousand bytes", g => Encoded(g, "gzip", Gzip(new byte[10_000_000])), 415, "content_encoding", NotEncoded),

        // What the body is made of.
        Body("025 Two actions", """{"os-start": null, "os-stop": null}""", "body_two_keys"),
        Body("026 The same action twice", """{"migrate": null, "migrate": null}""", "body_duplicate_key"),
        Body("026 The same action twice, with two values", $$$"""{"changePassword": {"adminPass": "{{{AttackWatch.Canary}}}"}, "changePassword": {"adminPass": "x"}}""",
            "body_duplicate_key"),
        Body("027 The same action twice, once escaped", """{"migrate": null, "\u006digrate": null}""", "body_duplicate_key"),
        Body("028 A member twice", """{"rebuild": {"imageRef": "a", "imageRef": "b"}}""", "body_duplicate_key"),
        Body("028 A member twice, once escaped", """{"createBackup": {"name": "b", "backup_type": "", "rotation": 1, "rot\u0061tion": 9}}""", "body_duplicate_key"),
        Body("028 A member twice, deep below", """{"migrate": [[{"a": {"b": 1, "b": 1}}]]}""", "body_duplicate_key"),
        Refused("029 An allowed action before a forbidden one", g => RawRequest.Action(g.Alice, $$$"""{"createBackup": {{{Backup}}}, "migrate": null}"""), 400,
            "body_two_keys", "Malformed request body"),
        Refused("029 A forbidden action before an allowed one", g => RawRequest.Action(g.Alice, $$$"""{"migrate": null, "createBackup": {{{Backup}}}}"""), 400,
            "body_two_keys", "Malformed request body"),
        Body("030 A second document", """{"migrate": null}{"os-stop": null}""", "body_not_json"),
        Body("030 A second document on a line of its own", "{\"migrate\": null}\n{\"os-stop\": null}\n", "body_not_json"),
        Body("030 A second document with a password", $$$"""{"migrate": null}{"changePassword": {"adminPass": "{{{AttackWatch.Canary}}}"}}""", "body_not_json"),
        Body("031 NULs after the object", "{\"migrate\": null}\0\0", "body_not_json"),
        Body("031 Text after the object", """{"migrate": null} and more""", "body_not_json"),
        Body("032 A comma too many", """{"migrate": null,}""", "body_not_json"),
        Body("032 A comment", """{"migrate": null /* now */}""", "body_not_json"),
        Body("032 A comment to the end of the line", "{\"migrate\": null // now\n}", "body_not_json"),
        Body("032 Single quotes", "{'migrate': null}", "body_not_json"),
        Body("032 A form feed before the object", "\f{\"migrate\": null}", "body_not_json"),
        Body("032 A no-break space before the object", "\u00a0{\"migrate\": null}", "body_not_json"),
        Body("032 A body cut short", """{"migrate": nu""", "body_not_json"),
        Body("033 Not a number", """{"migrate": NaN}""", "body_not_json"),
        Body("033 Infinity", """{"migrate": Infinity}""", "body_not_json"),
        Body("033 Infinity below zero", """{"migrate": [-Infinity]}""", "body_not_json"),
        Body("034 A number beyond all", """{"migrate": 1e400}""", "body_number"),
        Body("034 A number of five thousand digits", $"{{\"migrate\": {new string('9', 5000)}}}", "body_number"),
        Body("035 Sixty-five levels", $"{{\"migrate\": {new string('[', 64)}{new string(']', 64)}}}", "body_too_deep"),
        Body("035 Twenty thousand levels", $"{{\"migrate\": {new string('[', 20_000)}{new string(']', 20_000)}}}", "body_too_deep"),
        Body("035 Fifty thousand levels that never end", $"{{\"migrate\": {new string('[', 50_000)}", "body_too_deep"),
        Body("036 An array", """["migrate"]""", "body_not_object"),
        Body("036 A text", "\"migrate\"", "body_not_object"),
        Body("036 A number", "5", "body_not_object"),
        Body("036 Null", "null", "body_not_object"),
        Body("036 True", "true", "body_not_object"),
        Body("037 An empty object", "{}", "body_no_key"),
        Body("037 Nothing", "", "body_empty"),
        Body("037 White space", " \r\n\t", "body_empty"),
        Body("038 An action that nobody knows", """{"os-fooBar": {}}""", "unknown_action", "There is no such action: os-fooBar"),
        Body("038 The name of an operation that is no action", """{"delete": null}""", "unknown_action", "There is no such action: delete"),
        Body("040 Six thousand keys", $"{{\"migrate\": {{{string.Join(',', Enumerable.Range(0, 6000).Select(i => $"\"k{i}\": {i}"))}}}}}", "body_too_many_keys"),
        Body("040 Six thousand names", $"{{{string.Join(',', Enumerable.Range(0, 6000).Select(i => $"\"k{i}\": {i}"))}}}", "body_too_many_keys"),
        Refused("041 A body of one byte too many", g => RawRequest.Action(g.Admin, Padded(LargestBody + 1)), 413, "body_too_large", TooLarge),
        Refused("041 A body of one byte too many, from nobody", _ => RawRequest.Action(null, Padded(LargestBody + 1)), 413, "body_too_large", TooLarge),
        Refused("042 A body in chunks of one byte too many", g => RawRequest.Action(g.Admin, Padded(LargestBody + 1)).Chunked(4096), 413, "body_too_large", TooLarge),
        Refused("042 A body in chunks of ten times the size", g => RawRequest.Action(g.Admin, Padded(10 * LargestBody)).Chunked(65_536), 413, "body_too_large", TooLarge),
        Refused("043 An allowed action that fills the largest body, and another behind it",
            g => RawRequest.Action(g.Admin, [.. Padded(LargestBody), .. Utf8("""{"os-stop": null}""")]), 413, "body_too_large", TooLarge),
        Refused("043 The same in chunks", g => RawRequest.Action(g.Admin, [.. Padded(LargestBody), .. Utf8("""{"os-stop": null}""")]).Chunked(LargestBody), 413,
            "body_too_large", TooLarge),
        Forwarded("043 The largest body alone", g => RawRequest.Action(g.Admin, Padded(LargestBody))),
    ];

    private const string Charset = "Unsupported Content-Type: the charset must be UTF-8";
    private const string MediaType = "Unsupported Content-Type";
    private const string NotEncoded = "A Content-Encoding is not accepted";

    private static RawRequest Typed(RecordingGateway gateway, string type, string body = Migrate) =>
        RawRequest.Action(gateway.Admin, body).Without("Content-Type").With($"Content-Type: {type}");

    private static RawRequest Encoded(RecordingGateway gateway, string encoding, byte[] body) =>
        RawRequest.Action(gateway.Admin, body).With($"Content-Encoding: {encoding}");

    private static byte[] Padded(int size) => Utf8(Migrate.PadRight(size));

    private static string Long(int length) => $"{{\"{new string('a', length)}\": null}}";
}
