using System.Security.Cryptography;
using System.Text;
using Gateway.Audit;
using Gateway.Auditing;
using Gateway.FrontDoor;
using Gateway.Identity;
using Gateway.Policies;
using Gateway.Policy;
using Gateway.Tests.Actions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Auditing;

public sealed class AuditEventFactoryTests
{
    private readonly AuditEventFactory _events = new(new AuditObserver { Id = "gateway-1", Name = "gateway-1" }, SomeRules.Store(), TimeProvider.System);

    [Fact]
    public void Digests_a_body_without_secrets()
    {
        const string Body = """{"createBackup": {"name": "b", "backup_type": "d", "rotation": 1}}""";
        var intent = _events.Intent(CallWith(Body));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Body))), intent.BodySha256);
        Assert.Equal(Body.Length, intent.BodySize);
    }

    [Fact]
    public void The_rules_in_force_are_recorded_with_what_the_catalogue_adds_to_them()
    {
        var set = PolicySet.Load(new PolicyOptions { Defaults = "seed", FurtherActions = ["vendor:freeze", "vendor:audit"] }).Set!;
        var policy = Assert.Single(_events.PolicyInForce("start/policy", set).Attachments).Content.Element;
        Assert.Equal(["vendor:audit", "vendor:freeze"], policy.GetProperty("further_rules").EnumerateArray().Select(rule => rule.GetString()));
        Assert.Equal(("seed", set.Revision), (policy.GetProperty("defaults").GetString(), policy.GetProperty("revision").GetString()));
    }

    [Fact]
    public void Digests_no_body_from_which_a_secret_was_removed()
    {
        var call = CallWith("""{"changePassword": {"adminPass": "hunter2"}}""");
        Assert.Null(_events.Intent(call).BodySha256);
        Assert.Null(_events.Outcome(call, "i", new CallEnd(202, "forwarded", TimeSpan.Zero)).BodySha256);
    }

    [Fact]
    public void Digests_no_body_that_was_not_understood()
    {
        var call = new CallRecord("req-1", "POST", "/v2.1/servers/s/action", Peer: null) { Body = "{\"changePassword\": \"hunter2\"}"u8.ToArray() };
        Assert.Null(_events.Intent(call).BodySha256);
    }

    [Fact]
    public void Keeps_the_body_only_at_the_level_that_says_so()
    {
        var call = CallWith("""{"createBackup": {"name": "b", "backup_type": "d", "rotation": 1}}""");
        Assert.NotNull(_events.Intent(call).Body);

        call.AuditRule = new AuditRule(RecordLevel.Metadata, Durability.Strict);
        var metadata = _events.Intent(call);
        Assert.Null(metadata.Body);
        Assert.NotNull(metadata.BodySha256);
    }

    [Fact]
    public void Says_how_old_the_word_about_the_caller_was_and_which_service_called_for_him()
    {
        var time = new FakeTimeProvider();
        var events = new AuditEventFactory(new AuditObserver { Id = "gateway-1", Name = "gateway-1" }, SomeRules.Store(), time);
        var call = new CallRecord("req-1", "GET", "/v2.1/servers", Peer: null)
        {
            Subject = new Subject
            {
                UserId = "u1",
                Confirmed = time.GetTimestamp(),
                Service = new ServiceIdentity { UserId = "nova-1", UserName = "nova", ProjectId = "p9", ProjectName = "service", Roles = ["service", "admin"] },
            },
        };
        time.Advance(TimeSpan.FromSeconds(12.5));

        Assert.Equal(
            """{"age_seconds":12.5,"service":{"user_id":"nova-1","user_name":"nova","project_id":"p9","project_name":"service","roles":["service","admin"]}}""",
            IdentityIn(events.Intent(call)));
        Assert.Equal(IdentityIn(events.Intent(call)), IdentityIn(Reading(call.Subject)));

        // A token that is verified here has no such age.
        call.Subject = call.Subject with { Confirmed = null, Service = null };
        Assert.Null(IdentityIn(events.Intent(call)));
        Assert.Null(IdentityIn(Reading(call.Subject)));

        AuditEvent Reading(Subject reader) => events.Reading(new DefaultHttpContext { Request = { Path = "/v1/events" } }, reader, AuditOutcome.Success, "read/list", 200);

        static string? IdentityIn(AuditEvent one) => one.Attachments.SingleOrDefault(attachment => attachment.Name == "identity")?.Content.ToString();
    }

    [Fact]
    public void Keeps_what_the_decision_read_and_how_it_came_about()
    {
        var rules = PolicySet.Load(new PolicyOptions()).Set!;
        var question = new PolicyQuestion(rules, new Credentials(new Dictionary<string, object?> { ["user_id"] = "u", ["project_id"] = "p1", ["roles"] = new object?[] { "member" } }))
        {
            Target = new TargetAttributes(new Dictionary<string, object?> { ["project_id"] = "p2" }),
        };
        var call = CallWith("""{"createBackup": {"name": "b", "backup_type": "d", "rotation": 1}}""");
        call.Question = question;
        call.Decision = question.Ask("os_compute_api:os-create-backup");

        var decision = _events.Intent(call).Decision!;
        Assert.Equal(("denied", rules.Revision), (decision.Code, decision.Revision));
        Assert.Equal("""{"user_id":"u","project_id":"p1","roles":["member"]}""", decision.Caller.ToString());
        Assert.Equal("""{"project_id":"p2"}""", decision.Target.ToString());
        Assert.Equal(
            """{"check":"rule:admin_or_owner","result":"fails","file":"seed","checks":[{"check":"or","result":"fails","file":"seed","checks":["""
            + """{"check":"is_admin:True","result":"fails","caller":"False","file":"seed"},"""
            + """{"check":"project_id:%(project_id)s","result":"fails","caller":"p1","target":"p2","file":"seed"}]}]}""",
            decision.Tree.ToString());

        Assert.Null(_events.Outcome(call, "i", new CallEnd(202, "forwarded", TimeSpan.Zero)).Decision!.Tree);
    }

    [Fact]
    public void Keeps_what_every_rule_said_and_names_the_one_that_denied()
    {
        var rules = PolicySet.Load(new PolicyOptions { Defaults = "2025.2" }).Set!;
        var question = new PolicyQuestion(rules, new Credentials(new Dictionary<string, object?> { ["user_id"] = "u", ["project_id"] = "p1", ["roles"] = new object?[] { "member" } }))
        {
            Target = new TargetAttributes(new Dictionary<string, object?> { ["project_id"] = "p1" }),
        };
        string[] guards = ["os_compute_api:os-migrate-server:migrate", "os_compute_api:os-create-backup"];
        foreach (var rule in guards) question.Ask(rule);
        var call = CallWith("""{"migrate": null}""");
        (call.Question, call.Decision) = (question, question.Decision);

        var decision = _events.Intent(call).Decision!;

        Assert.Equal((guards[0], false), (decision.Rule, decision.Allowed));
        Assert.Equal([(guards[0], false), (guards[1], true)], decision.Asked.Select(asked => (asked.Rule, asked.Allowed)));
        Assert.StartsWith("""{"check":""", decision.Tree.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Removes_secrets_from_the_query()
    {
        var call = new CallRecord("req-1", "GET", "/v2.1/servers?name=a&X-Auth-Token=hunter2&b=https%3A%2F%2Fx%2F%3Ftoken%3Dhunter2", Peer: null);
        Assert.Equal("/v2.1/servers?name=a&X-Auth-Token=[removed]&b=[removed]", _events.Refused(call, Refusal.BadRequest("c", "m")).RequestPath);
    }

    private static CallRecord CallWith(string body) => new("req-1", "POST", "/v2.1/servers/s/action", Peer: null)
    {
        Action = Requests.Action(body).Action,
        Body = Encoding.UTF8.GetBytes(body),
    };
}
