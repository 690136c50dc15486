using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using Gateway.Actions;
using Gateway.Audit;
using Gateway.Auditing;
using Gateway.FrontDoor;
using Gateway.Identity;
using Gateway.Policies;
using Gateway.Policy;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>What a call's two records cost before they reach the log: the event, and its bytes.</summary>
public class AuditEventBenchmarks
{
    private const string Body = """{"createBackup": {"name": "monday", "backup_type": "daily", "rotation": 2}}""";

    private AuditEventFactory _events = null!;
    private CallRecord _call = null!;
    private ActionReading _reading;

    [GlobalSetup]
    public void Load()
    {
        var catalogue = ApiCatalogue.LoadEmbedded();
        const string Path = "/v2.1/servers/11111111-2222-3333-4444-555555555555/action";
        var match = catalogue.Match("POST", Path)!;
        _reading = ActionReader.Read(match, Encoding.UTF8.GetBytes(Body), new Microversion(2, 1));
        _events = new AuditEventFactory(
            new AuditObserver { Id = "gateway-1", Name = "gateway-1" }, AuditRulesStore.Open(null, "rules: []", catalogue, NullLogger<AuditRulesStore>.Instance), TimeProvider.System);
        var subject = new Subject
        {
            UserId = "e2eb87225491f0cf3e9c3812d5d337ee",
            UserName = "alice",
            UserDomainId = "default",
            ProjectId = "d799dd2d294cd5344e7bdd6ee4c62554",
            ProjectName = "demo",
            ProjectDomainId = "default",
            Roles = ["member", "reader"],
            AuthMethods = ["password"],
            AuditIds = ["x"],
            ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(1),
        };
        var rules = PolicySet.Load(new PolicyOptions()).Set!;
        var question = new PolicyQuestion(rules, new SubjectCredentials().Of(subject))
        {
            Target = new TargetAttributes(new Dictionary<string, object?>(StringComparer.Ordinal) { ["project_id"] = subject.ProjectId }),
        };
        _call = new CallRecord("req-11111111-2222-3333-4444-555555555555", "POST", Path, IPAddress.Loopback)
        {
            Agent = "python-novaclient",
            Operation = match,
            Action = _reading.Action,
            Body = Encoding.UTF8.GetBytes(Body),
            Subject = subject,
            Cluster = "nova",
            Question = question,
            Decision = question.Ask("os_compute_api:os-create-backup"),
        };
        if (_call.Decision is not { Allowed: true }) throw new InvalidOperationException("the call to be recorded is not allowed");

        // An outcome follows an intent.
        Intent();
    }

    [Benchmark]
    public int Intent()
    {
        _call.RecordedBody = null;
        _call.BodyDigest = null;
        return AuditJson.ToUtf8(_events.Intent(_call)).Length;
    }

    [Benchmark]
    public int Outcome() => AuditJson.ToUtf8(_events.Outcome(_call, "11111111-2222-3333-4444-555555555555", new CallEnd(202, "forwarded", TimeSpan.FromMilliseconds(3)))).Length;
}
