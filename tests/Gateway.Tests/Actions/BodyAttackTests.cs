using System.Globalization;
using System.Text;
using Gateway.Actions;
using Xunit;

namespace Gateway.Tests.Actions;

/// <summary>Bodies that two readers could take for two things. Each is refused, or read as the backend reads it.</summary>
public sealed class BodyAttackTests
{
    public static TheoryData<string, string, string> Texts() => new()
    {
        { "an escaped NUL in the name", "{\"reboot\\u0000\": null}", "action_name" },
        { "a line break in the name", "{\"reboot\\n2026-01-01 FAKE\": null}", "action_name" },
        { "an escape in the name", "{\"\\u001b[31mreboot\": null}", "action_name" },
        { "a right-to-left override in the name", "{\"\\u202etoober\": null}", "action_name" },
        { "a Kelvin sign for a k", "{\"loc\u212a\": null}", "action_name" },
        { "full-width letters", "{\"\uff4c\uff4f\uff43\uff4b\": null}", "action_name" },
        { "a blank before the name", "{\" reboot\": {\"type\": \"SOFT\"}}", "action_name" },
        { "a blank after the name", "{\"lock \": null}", "action_name" },
        { "no name", "{\"\": null}", "action_name" },
        { "a long name", $"{{\"{new string('a', 100_000)}\": null}}", "action_name" },
        { "another case", "{\"Lock\": null}", "unknown_action" },
        { "an action nobody knows", "{\"os-fooBar\": {}}", "unknown_action" },
        { "a method of Nova's controller", "{\"delete\": null}", "unknown_action" },
        { "the name of another operation", "{\"add_host\": {\"host\": \"h\"}}", "unknown_action" },
        { "two actions", "{\"os-start\": null, \"os-stop\": null}", "body_two_keys" },
        { "an allowed action before a forbidden one", "{\"createBackup\": {}, \"migrate\": null}", "body_two_keys" },
        { "a forbidden action before an allowed one", "{\"migrate\": null, \"createBackup\": {}}", "body_two_keys" },
        { "the same action twice", "{\"lock\": null, \"lock\": null}", "body_duplicate_key" },
        { "the same action twice, once escaped", "{\"os-start\": null, \"\\u006fs-start\": null}", "body_duplicate_key" },
        { "a member twice", "{\"rebuild\": {\"imageRef\": \"a\", \"imageRef\": \"b\"}}", "body_duplicate_key" },
        { "a member twice, once escaped", "{\"migrate\": {\"host\": null, \"h\\u006fst\": \"x\"}}", "body_duplicate_key" },
        { "a member twice, deep below", "{\"lock\": [[{\"a\": {\"b\": 1, \"b\": 1}}]]}", "body_duplicate_key" },
        { "a second document", "{\"lock\": {}}{\"os-stop\": null}", "body_not_json" },
        { "a second document on another line", "{\"lock\": {}}\n{\"os-stop\": null}", "body_not_json" },
        { "trailing NULs", "{\"lock\": {}}\0\0", "body_not_json" },
        { "trailing text", "{\"lock\": {}} x", "body_not_json" },
        { "a trailing comma", "{\"lock\": {},}", "body_not_json" },
        { "a comment", "{\"lock\": {}/* x */}", "body_not_json" },
        { "single quotes", "{'lock': {}}", "body_not_json" },
        { "a leading form feed", "\f{\"lock\": {}}", "body_not_json" },
        { "a leading no-break space", "\u00a0{\"lock\": {}}", "body_not_json" },
        { "a bare control character in a text", "{\"lock\": \"a\nb\"}", "body_not_json" },
        { "an unknown escape", "{\"lock\": \"\\x41\"}", "body_not_json" },
        { "NaN", "{\"lock\": NaN}", "body_not_json" },
        { "Infinity", "{\"lock\": Infinity}", "body_not_json" },
        { "-Infinity", "{\"lock\": -Infinity}", "body_not_json" },
        { "a leading zero", "{\"lock\": 01}", "body_not_json" },
        { "a number beyond double", "{\"lock\": 1e400}", "body_number" },
        { "a number of 5,000 digits", $"{{\"lock\": {new string('7', 5000)}}}", "body_number" },
        { "33 levels", $"{{\"lock\": {new string('[', 32)}{new string(']', 32)}}}", "body_too_deep" },
        { "20,000 levels", $"{{\"lock\": {new string('[', 20_000)}", "body_too_deep" },
        { "an array", "[{\"lock\": null}]", "body_not_object" },
        { "a text", "\"lock\"", "body_not_object" },
        { "a number", "5", "body_not_object" },
        { "null", "null", "body_not_object" },
        { "true", "true", "body_not_object" },
        { "no key", "{}", "body_no_key" },
        { "nothing", "", "body_empty" },
        { "white space", " \r\n\t", "body_empty" },
        { "6,000 keys", $"{{\"lock\": {{{string.Join(", ", Enumerable.Range(0, 6000).Select(i => $"\"k{i}\": 0"))}}}}}", "body_too_many_keys" },
        { "a lone high surrogate in the name", "{\"\\ud800reboot\": null}", "body_lone_surrogate" },
        { "a lone low surrogate in the name", "{\"\\udc00reboot\": null}", "body_lone_surrogate" },
        { "a lone surrogate at the end of a value", "{\"lock\": \"x\\ud83d\"}", "body_lone_surrogate" },
        { "two high surrogates", "{\"lock\": \"\\ud83d\\ud83d\\ude00\"}", "body_lone_surrogate" },
        { "surrogates the wrong way round", "{\"lock\": \"\\ude00\\ud83d\"}", "body_lone_surrogate" },
        { "a surrogate parted from its other half", "{\"lock\": \"\\ud83d \\ude00\"}", "body_lone_surrogate" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Refuses(string what, string body, string reason)
    {
        var refusal = Requests.Action(body).Refusal;

        Assert.True(refusal is not null, what);
        Assert.Equal((400, reason), (refusal.Status, refusal.Reason));
        Assert.Null(refusal.ActionName);
        Assert.True(refusal.Message.Length < 300, refusal.Message);
        Assert.All(refusal.Message, c => Assert.False(char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format, refusal.Message));
    }

    public static TheoryData<string, byte[], string> Octets() => new()
    {
        { "a byte order mark", [0xEF, 0xBB, 0xBF, .. "{\"lock\": null}"u8], "body_bom" },
        { "a byte order mark alone", [0xEF, 0xBB, 0xBF], "body_bom" },
        { "UTF-16, little end first", Encoding.Unicode.GetBytes("{\"lock\": null}"), "body_not_json" },
        { "UTF-16, big end first", Encoding.BigEndianUnicode.GetBytes("{\"lock\": null}"), "body_not_json" },
        { "UTF-16 with a mark", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("{\"lock\": null}")], "body_not_utf8" },
        { "UTF-32", Encoding.UTF32.GetBytes("{\"lock\": null}"), "body_not_json" },
        { "ill-formed UTF-8 in the name", [.. "{\"re"u8, 0xFF, .. "boot\": null}"u8], "body_not_utf8" },
        { "an overlong NUL in a value", [.. "{\"lock\": \""u8, 0xC0, 0x80, .. "\"}"u8], "body_not_utf8" },
        { "an overlong letter in the name", [.. "{\"re"u8, 0xC1, 0xA2, .. "oot\": null}"u8], "body_not_utf8" },
        { "a surrogate as bytes", [.. "{\"lock\": \""u8, 0xED, 0xA0, 0x80, .. "\"}"u8], "body_not_utf8" },
        { "a character beyond Unicode", [.. "{\"lock\": \""u8, 0xF4, 0x90, 0x80, 0x80, .. "\"}"u8], "body_not_utf8" },
        { "a character cut off at the end", [.. "{\"lock\": null}"u8, 0xC3], "body_not_utf8" },
        { "a compressed body", [0x1F, 0x8B, 0x08, 0x00, 0x00], "body_not_utf8" },
    };

    [Theory]
    [MemberData(nameof(Octets))]
    public void Refuses_bytes(string what, byte[] body, string reason)
    {
        var refusal = Requests.Action(body).Refusal;

        Assert.True(refusal is not null, what);
        Assert.Equal((400, reason, "Malformed request body"), (refusal.Status, refusal.Reason, refusal.Message));
    }

    [Theory]
    [InlineData("{\"\\u0072eboot\": {\"type\": \"SOFT\"}}", "reboot")]
    [InlineData(" \t\r\n{ \"os-start\" : null } \r\n", "os-start")]
    [InlineData("{\"lock\": \"\\ud83d\\ude00 \\u00e9 \\\" \\\\ud800\"}", "lock")]
    [InlineData("{\"unlock\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "unlock")]
    [InlineData("{\"unlock\": {\"a\": {\"a\": {\"a\": 1}}, \"b\": {\"a\": -1.5e-300}}}", "unlock")]
    public void Reads_what_has_one_meaning(string body, string action)
    {
        var reading = Requests.Action(body);

        Assert.True(reading.Succeeded, reading.Refusal?.Reason);
        Assert.Equal(action, reading.Action.Name);
    }

    [Fact]
    public void Shows_an_unknown_name_as_Nova_does_and_no_control_characters()
    {
        Assert.Equal("There is no such action: os-fooBar", Requests.Action("{\"os-fooBar\": {}}").Refusal!.Message);
        Assert.Equal("There is no such action: reboot\\n2026 FAKE", Requests.Action("{\"reboot\\n2026 FAKE\": {}}").Refusal!.Message);
    }

    [Theory]
    [InlineData("POST", "/v2.1/servers", "{\"server\": {\"name\": \"a\", \"name\": \"b\"}}", "body_duplicate_key")]
    [InlineData("POST", "/v2.1/servers", "[]", "body_not_object")]
    [InlineData("POST", "/v2.1/servers", "", "body_empty")]
    [InlineData("GET", "/v2.1/servers", "{}", "body_not_allowed")]
    [InlineData("DELETE", "/v2.1/servers/" + Requests.ServerId, "x", "body_not_allowed")]
    [InlineData("POST", "/v2.1/servers/" + Requests.ServerId + "/os-interface", "{\"a\": 1e999}", "body_number")]
    public void Holds_other_operations_to_the_same_reading(string method, string path, string body, string reason)
    {
        var refusal = Requests.Read(method, path, body).Refusal!;

        Assert.Equal((400, reason), (refusal.Status, refusal.Reason));
        Assert.Equal(Requests.Match(method, path).Operation.Name, refusal.ActionName);
    }

    [Fact]
    public void A_body_may_be_left_out_where_it_is_optional()
    {
        var reading = Requests.Read("POST", $"/v2.1/servers/{Requests.ServerId}/os-interface");

        Assert.True(reading.Succeeded);
        Assert.Null(reading.Action.RedactedBody());
    }

    [Fact]
    public void An_operation_outside_its_versions_does_not_exist()
    {
        var refusal = Requests.Read("GET", "/v2.1/os-networks", version: "2.36").Refusal!;

        Assert.Equal((404, "The resource could not be found.", "operation_not_in_version"), (refusal.Status, refusal.Message, refusal.Reason));
        Assert.Equal("networks:list", refusal.ActionName);
    }

    [Fact]
    public void The_compatible_manner_reads_in_2_1_and_lets_unknown_members_pass()
    {
        const string Path = $"/v2/servers/{Requests.ServerId}/action";
        const string Backup = """{"createBackup": {"name": " b ", "backup_type": "d", "rotation": 1, "extra": 1}}""";

        Assert.True(Requests.Action(Backup, path: Path).Succeeded);
        Assert.Equal(RefusalReason.Schema, Requests.Action(Backup).Refusal!.Reason);
        Assert.True(Requests.Action("""{"migrate": {"anything": 1}}""", "2.90", Path).Succeeded);
        Assert.Equal(
            RefusalReason.Schema,
            Requests.Action("""{"createBackup": {"name": "b", "backup_type": "d", "rotation": 1, "metadata": {"k/": "v"}}}""", path: Path).Refusal!.Reason);
    }
}
