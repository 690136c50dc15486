using System.Text;
using System.Text.Json;
using CsCheck;

namespace Gateway.Audit.Tests;

public sealed class AuditJsonTests
{
    [Fact]
    public void Writes_every_field_in_its_place() => Assert.Equal(
        """
        {"typeURI":"http://schemas.dmtf.org/cloud/audit/1.0/event","id":"5d1ffd7b-0000-4000-8000-000000000001","eventType":"activity",
        "eventTime":"2026-03-04T05:06:07.123456+00:00","action":"update/backup","outcome":"success",
        "initiator":{"typeURI":"service/security/account/user","id":"u-alice","name":"alice","domain":"Default","project_id":"p-demo",
        "project_name":"demo","project_domain_name":"Default","domain_id":"default","domain_name":"Default",
        "host":{"address":"192.0.2.7","agent":"python-novaclient"}},
        "target":{"typeURI":"compute/server","id":"srv-1","name":"web","project_id":"p-demo","cluster":"east"},
        "observer":{"typeURI":"service/compute/gateway","id":"gw-1","name":"front"},
        "reason":{"reasonType":"HTTP","reasonCode":"202","policyType":"oslo.policy","policyId":"os_compute_api:os-create-backup",
        "code":"allowed","text":"the owner"},
        "requestPath":"/v2.1/servers/srv-1/action","attachments":[
        {"name":"record","typeURI":"gateway/audit/record","content":{"kind":"outcome","intent":"5d1ffd7b-0000-4000-8000-000000000002"}},
        {"name":"request","typeURI":"gateway/audit/request","content":{"method":"POST","id":"req-1","global_id":"req-9",
        "body_sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","body_size":81,
        "body":{"createBackup":{"name":"b\u00e9","rotation":1}}}},
        {"name":"credential","typeURI":"gateway/audit/credential","content":{"roles":["member","reader"],"methods":["password"],
        "audit_ids":["3T2dc1CGQxyJsHdDu1xkcw"],"issued_at":"2026-03-04T04:06:07.000000+00:00","expires_at":"2026-03-04T06:06:07.000000+00:00",
        "application_credential_id":"ac-1","system":"all","forwarded":["198.51.100.1"]}},
        {"name":"decision","typeURI":"gateway/audit/decision","content":{"rule":"os_compute_api:os-create-backup","text":"rule:admin_or_owner",
        "allowed":true,"code":"allowed","revision":"r-1a2b"}},
        {"name":"backend","typeURI":"gateway/audit/backend","content":{"cluster":"east","destination":"nova-1","status":202,"request_id":"req-b"}},
        {"name":"timing","typeURI":"gateway/audit/timing","content":{"duration_ms":12.5}},
        {"name":"limits","typeURI":"gateway/limits","content":{"left":3}}]}
        """.ReplaceLineEndings(""),
        Text(Some.FullEvent()));

    [Fact]
    public void Leaves_out_what_is_absent() => Assert.Equal(
        """
        {"typeURI":"http://schemas.dmtf.org/cloud/audit/1.0/event","id":"e","eventType":"control","eventTime":"2026-03-04T05:06:07.000000+00:00",
        "action":"start/log","outcome":"success","initiator":{"typeURI":"service/security/account/user","id":"u"},
        "target":{"typeURI":"data/audit/log","id":"t"},"observer":{"typeURI":"service/compute/gateway","id":"o"},
        "attachments":[{"name":"record","typeURI":"gateway/audit/record","content":{"kind":"lifecycle"}}]}
        """.ReplaceLineEndings(""),
        Text(new AuditEvent
        {
            Id = "e",
            EventType = "control",
            EventTime = Some.Time.ToOffset(TimeSpan.FromHours(2)),
            Kind = AuditKind.Lifecycle,
            Outcome = AuditOutcome.Success,
            Action = "start/log",
            Initiator = new AuditInitiator { Id = "u" },
            Target = new AuditTarget { Id = "t", TypeUri = "data/audit/log" },
            Observer = new AuditObserver { Id = "o" },
        }));

    [Fact]
    public void Reads_back_every_field()
    {
        var written = AuditJson.ToUtf8(Some.FullEvent());
        var read = AuditJson.Parse(written);

        Assert.Equal(written, AuditJson.ToUtf8(read));
        Assert.Equal(Some.FullEvent().Decision, read.Decision);
        Assert.Equal(Some.FullEvent().Backend, read.Backend);
        Assert.Equal(Some.FullEvent().Reason, read.Reason);
        Assert.Equal(Some.FullEvent().Target, read.Target);
        Assert.Equal(Some.FullEvent().Initiator.TokenExpiresAt, read.Initiator.TokenExpiresAt);
        Assert.Equal(AuditKind.Outcome, read.Kind);
        Assert.Equal("limits", Assert.Single(read.Attachments).Name);
    }

    [Fact]
    public void Any_text_comes_back_as_it_was_written() =>
        Gen.Select(Gen.String, Gen.String, Gen.String.Array[0, 3]).Sample((name, path, roles) =>
        {
            var e = Some.Refusal() with { RequestPath = path, Initiator = Some.Initiator() with { Name = name, Roles = roles } };
            var written = AuditJson.ToUtf8(e);
            var read = AuditJson.Parse(written);

            Assert.Equal(AsUtf8(name), read.Initiator.Name);
            Assert.Equal(AsUtf8(path), read.RequestPath);
            Assert.Equal(roles.Select(AsUtf8), read.Initiator.Roles);
            Assert.DoesNotContain((byte)'\n', written);
            Assert.Equal(written, AuditJson.ToUtf8(read));
        });

    [Fact]
    public void The_search_columns_read_from_the_bytes_are_those_of_the_event() =>
        Gen.Select(Gen.String, Gen.String, Gen.Bool).Sample((name, target, isOutcome) =>
        {
            var e = (isOutcome ? Some.FullEvent() : Some.Refusal()) with
            {
                Initiator = Some.Initiator() with { Name = AsUtf8(name) },
                Target = new AuditTarget { Id = AsUtf8(target), TypeUri = "compute/server" },
            };

            Assert.Equal(RecordColumns.Of(e), RecordColumns.Read(AuditJson.ToUtf8(e)));
        });

    [Theory]
    [InlineData("""{ "a" : [ 1 , 2.50e+1 , "x y" , "\" }" , "\\" ] ,  "b" : { } }""", """{"a":[1,2.50e+1,"x y","\" }","\\"],"b":{}}""")]
    [InlineData("{\r\n\t\"a\": null\r\n}", """{"a":null}""")]
    [InlineData("\"text\"", "\"text\"")]
    [InlineData("""{"name": "\ud800"}""", """{"name":"\ud800"}""")]
    [InlineData("""{"\udfff": 1, "\u0000": "\u0000"}""", """{"\udfff":1,"\u0000":"\u0000"}""")]
    public void Writes_a_body_as_it_was_spelt(string body, string expected)
    {
        var written = Text(Some.Refusal() with { Body = Some.Json(body) });

        Assert.Contains($"\"body\":{expected}}}", written, StringComparison.Ordinal);
        Assert.Equal(written, Text(AuditJson.Parse(Encoding.UTF8.GetBytes(written))));
    }

    [Fact]
    public void Takes_a_body_as_deep_as_a_parser_lets_in()
    {
        var deep = JsonDocument.Parse(string.Concat(Enumerable.Repeat("[", 500)) + string.Concat(Enumerable.Repeat("]", 500)), new JsonDocumentOptions { MaxDepth = 500 });
        var written = AuditJson.ToUtf8(Some.Refusal() with { Body = deep.RootElement });

        Assert.Equal(written, AuditJson.ToUtf8(AuditJson.Parse(written)));
        Assert.Equal("refusal", RecordColumns.Read(written).Kind);
    }

    [Fact]
    public void Control_characters_cannot_break_the_line_or_the_record()
    {
        var written = Text(Some.Refusal() with { Action = "update/reboot\n2026-01-01 \"forged\"", RequestPath = "/\u0000\u001b[31m\u2028" });

        Assert.DoesNotContain('\n', written);
        Assert.DoesNotContain('\u001b', written);
        Assert.Contains("update/reboot\\n2026-01-01 \\\"forged\\\"", written, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id": 1}""")]
    [InlineData("not json")]
    public void Says_when_the_bytes_are_no_event(string text) =>
        Assert.StartsWith("not an audit event: ", Assert.Throws<FormatException>(() => AuditJson.Parse(Encoding.UTF8.GetBytes(text))).Message, StringComparison.Ordinal);

    private static string Text(AuditEvent e) => Encoding.UTF8.GetString(AuditJson.ToUtf8(e));

    /// <summary>Half of a surrogate pair is not text; it becomes U+FFFD.</summary>
    private static string AsUtf8(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
