using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Gateway.Testing;
using Xunit;

namespace Gateway.EndToEnd.Attacks;

/// <summary>
/// What holds after whatever was sent: the backend has nothing that was not decided and recorded first, what it reads in the bytes it got is what was
/// decided and what was recorded, every request has its one refusal or its intent and outcome, and no secret is anywhere.
/// </summary>
internal sealed partial class AttackWatch
{
    /// <summary>A password that must be seen nowhere but at the backend.</summary>
    public const string Canary = "canary-5d41c0b7";

    public static readonly string Base64Canary = Convert.ToBase64String(Encoding.ASCII.GetBytes(Canary));

    /// <summary>All that a backend may ever get of headers; what a client says of itself is not among them.</summary>
    private static readonly HashSet<string> BackendHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Language", "Authorization", "Content-Length", "Content-Type", "Host", "If-Match", "If-None-Match", "OpenStack-API-Version", "traceparent",
        "tracestate", "User-Agent", "X-Auth-Token", "X-Forwarded-For", "X-Forwarded-Proto", "X-OpenStack-Nova-API-Version", "X-OpenStack-Request-ID", "X-Service-Token",
    };

    private readonly RecordingGateway _gateway;
    private readonly NovaReader _nova;
    private readonly int _received;
    private readonly long _recorded;

    private AttackWatch(RecordingGateway gateway, NovaReader nova)
    {
        (_gateway, _nova) = (gateway, nova);
        _received = gateway.Backend.Received.Count;
        _recorded = RecordedCalls.Last(gateway.Process.Store);
    }

    /// <summary>What the backend got since the watch began, the gateway's own look-ups left out.</summary>
    public IReadOnlyList<ReceivedRequest> Received => [.. _gateway.Backend.Received.Skip(_received).Where(request => !IsLookUp(request))];

    /// <summary>What was recorded since the watch began.</summary>
    public IReadOnlyList<RecordedCall> Recorded => RecordedCalls.After(_gateway.Process.Store, _recorded);

    /// <summary>Begins when what was sent before has come to its end: an outcome is stored a moment after its answer, and would be taken for one of what is watched.</summary>
    public static async Task<AttackWatch> BeginAsync(RecordingGateway gateway, NovaReader nova)
    {
        await Patience.UntilAsync(() => RecordedCalls.Open(gateway.Process.Store), open => open == 0);
        return new(gateway, nova);
    }

    /// <summary>Each answer is what was to come of its request, and has its records; the backend got what was to be forwarded and nothing else.</summary>
    public async Task HoldsAsync(IReadOnlyList<RawAnswer> answers, IReadOnlyList<Expected> expected)
    {
        Assert.True(
            answers.Select(answer => answer.Status).SequenceEqual(expected.Select(one => one.Status)),
            $"expected {string.Join(", ", expected.Select(one => one.Status))}, got\n{string.Join("\n\n", answers)}");
        for (var i = 0; i < answers.Count; i++)
        {
            if (expected[i] is Refused refused) await HoldsAsync(answers[i], refused);
            else await HoldsAsync(answers[i]);
        }

        var ids = answers.Select(answer => answer.RequestId).ToHashSet(StringComparer.Ordinal);
        Assert.DoesNotContain(Recorded, record => record.Kind is "intent" or "refusal" && !ids.Contains(record.RequestId ?? ""));
        var received = await HoldsAtTheBackendAsync();
        Assert.Equal(
            expected.OfType<Forwarded>().Select(one => one.Action), received.Select(request => IsAction(request) ? _nova.ActionIn(request.Body) : null));
        await KeepsSecretsAsync(answers);
    }

    /// <summary>Everything that reached the backend since the watch began was decided and recorded as what it is.</summary>
    public async Task<IReadOnlyList<ReceivedRequest>> HoldsAtTheBackendAsync()
    {
        // What a client left behind comes to its end in its own time: looked at when every intent has its outcome, and nothing is recorded meanwhile.
        var (recorded, received, _) = await Patience.UntilAsync(
            () => (Recorded, Received, Recorded),
            seen => seen.Item1.Count == seen.Item3.Count && Of(seen.Item1, "intent") == Of(seen.Item1, "outcome")
                && Of(seen.Item1, "intent") + Of(seen.Item1, "access") >= seen.Item2.Count);
        // A read has one record, written when it has been answered.
        var intents = recorded.Where(record => record.Kind is "intent" or "access").ToList();
        foreach (var request in received)
        {
            // Several clients may send the same id of their own.
            var id = request.Header("X-OpenStack-Request-ID");
            var named = intents.Where(one => one.RequestId == id || one.GlobalId == id).ToArray();
            Assert.True(named.Length > 0, $"undecided: {request}");
            var intent = named.FirstOrDefault(one => IsOf(one, request)) ?? named[0];
            intents.Remove(intent);
            HoldsFor(request, intent);
        }

        // What was decided and not received: its client had left.
        foreach (var intent in intents)
        {
            var outcome = intent.Kind == "access" ? intent : Assert.Single(recorded, record => (string?)record.Content("record")!["intent"] == (string?)intent.Event["id"]);
            Assert.True(outcome.ReasonCode == "client_gone", $"not at the backend: {intent} and then {outcome}");
        }

        return received;
    }

    /// <summary>No token and no password in a record, in what the gateway printed, in its metrics, or in an answer.</summary>
    public async Task KeepsSecretsAsync(IReadOnlyList<RawAnswer> answers)
    {
        var metrics = await RawConnection.ExchangeAsync(_gateway.Process.AdminPort, new RawRequest("GET", "/metrics"));
        Assert.Equal(200, metrics.Status);
        var places = Recorded.Select(record => record.ToString()).Append(_gateway.Process.Output).Append(metrics.Body).Concat(answers.Select(answer => answer.ToString()));
        foreach (var place in places)
            foreach (var secret in Secrets()) Assert.DoesNotContain(secret, place, StringComparison.Ordinal);
    }

    private static int Of(IReadOnlyList<RecordedCall> records, string kind) => records.Count(record => record.Kind == kind);

    private IEnumerable<string> Secrets()
    {
        yield return Canary;
        yield return Base64Canary;
        foreach (var token in new[] { _gateway.Admin, _gateway.Alice, _gateway.Bob }) yield return token.Split('.')[2];
    }

    private async Task HoldsAsync(RawAnswer answer, Refused expected)
    {
        var message = FaultShape.MessageOf(answer);
        if (expected.Message is not null) Assert.Equal(expected.Message, message);
        if (expected.Status == 401) Assert.Equal($"Keystone uri=\"{_gateway.Process.Identity}v3\"", answer.Header("WWW-Authenticate"));
        if (expected.Code is "action_name" or "unknown_action" or "body_empty" or "body_not_json" or "body_two_keys" or "body_duplicate_key")
        {
            // Refused after its version was known, which the answer then names.
            Assert.Equal(("compute 2.1", "2.1"), (answer.Header("OpenStack-API-Version"), answer.Header("X-OpenStack-Nova-API-Version")));
            Assert.Equal(["OpenStack-API-Version", "X-OpenStack-Nova-API-Version"], answer.All("Vary"));
        }

        var record = Assert.Single(await _gateway.RecordsAsync(answer, 1));
        Assert.Equal(("refusal", "failure", expected.Code, expected.Status.ToString()), (record.Kind, record.Outcome, record.ReasonCode, record.Status));
        Assert.Equal("127.0.0.1", (string?)record.Event["initiator"]!["host"]!["address"]);
    }

    private async Task HoldsAsync(RawAnswer answer)
    {
        var records = await _gateway.RecordsAsync(answer, 2);
        Assert.Equal(["intent pending", "outcome success"], records.Select(record => $"{record.Kind} {record.Outcome}"));
        Assert.Equal((string?)records[0].Event["id"], (string?)records[1].Content("record")!["intent"]);
        Assert.Equal(records[0].Action, records[1].Action);
        Assert.Equal("202", records[1].Status);
    }

    private void HoldsFor(ReceivedRequest request, RecordedCall intent)
    {
        Assert.Equal((request.Method, request.Target), (intent.Method, intent.RequestPath));
        Assert.All(request.Headers.Keys, name => Assert.Contains(name, BackendHeaders));
        Assert.Equal("127.0.0.1", request.Header("X-Forwarded-For"));
        Assert.Equal("127.0.0.1", (string?)intent.Event["initiator"]!["host"]!["address"]);
        // Whatever the client wrote into Connection: identity, type and version are not dropped on the way.
        Assert.True(request.Header("X-Auth-Token") is { Length: > 0 } || request.Header("Authorization") is { Length: > 0 }, request.ToString());
        if (request.Header("traceparent") is { } trace) Assert.Matches(TraceParent(), trace);
        Assert.True((request.Header("tracestate") ?? "").Length <= 512, request.ToString());
        if (request.Body.Length > 0) Assert.Equal(request.Body.Length.ToString(), request.Header("Content-Length"));
        if ((string?)intent.Content("request")!["body_sha256"] is { } digest) Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(request.Body)), digest);
        if (!IsAction(request)) return;

        // The backend's reading, the decision and the record are of one action.
        var action = _nova.ActionIn(request.Body);
        Assert.True(action is not null, $"a backend would refuse what it was sent: {Encoding.Latin1.GetString(request.Body)}");
        var known = ShippedActions.Of(action);
        Assert.Equal(known.CadfAction, intent.Action);
        Assert.Contains((string?)intent.Content("decision")!["rule"], known.Rules);
        Assert.True((bool?)intent.Content("decision")!["allowed"]);
        Assert.Equal(action, Assert.Single(intent.Content("request")!["body"]!.AsObject()).Key);
    }

    private static bool IsOf(RecordedCall intent, ReceivedRequest request) =>
        (intent.Method, intent.RequestPath) == (request.Method, request.Target)
        && (string?)intent.Content("request")!["body_sha256"] is var digest
        && (digest is null || digest == Convert.ToHexStringLower(SHA256.HashData(request.Body)));

    private static bool IsAction(ReceivedRequest request) => request.Target.Split('?')[0].EndsWith("/action", StringComparison.Ordinal);

    /// <summary>The gateway's own question whose server it is: it is the only one that carries no request id.</summary>
    private static bool IsLookUp(ReceivedRequest request) =>
        request is { Method: "GET", Body.Length: 0 } && request.Header("X-OpenStack-Request-ID") is null && LookUpTarget().IsMatch(request.Target);

    [GeneratedRegex("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]
    private static partial Regex TraceParent();

    [GeneratedRegex(@"^/v2\.1/servers/[^/?]+$")]
    private static partial Regex LookUpTarget();
}
