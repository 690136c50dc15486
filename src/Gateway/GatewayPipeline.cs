using Gateway.Actions;
using Gateway.Admin;
using Gateway.Auditing;
using Gateway.Forwarding;
using Gateway.FrontDoor;
using Gateway.Identity;
using Gateway.Limits;
using Gateway.Policies;
using Gateway.Policy;
using Gateway.Targets;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Model;

namespace Gateway;

/// <summary>
/// The path of a request, written once: front door, identity, action, target, policy, limit, audit, forward. Every step takes what the step
/// before it returned, and any step may refuse. The order of the refusals is Nova's: size, token, microversion, content type, body, look-up, rule.
/// </summary>
internal sealed partial class GatewayPipeline(
    ApiCatalogue catalogue,
    Authenticator authenticator,
    MicroversionResolver microversions,
    TargetDirectory targets,
    PolicyStore policies,
    SubjectCredentials credentials,
    LimitStore limits,
    AuditRulesStore auditRules,
    Auditor auditor,
    Forwarder forwarder,
    RefusalWriter refusals,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<GatewayPipeline> logger)
{
    /// <summary>Records of what is no HTTP that wait for the store at the most, so that a flood of it takes no place from calls.</summary>
    private const int MostUnreadable = 256;

    private int _unreadable;

    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        var call = new CallRecord(
            RequestId.New(), context.Request.Method, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, context.Connection.RemoteIpAddress)
        {
            Agent = context.Request.Headers.UserAgent,
            Forwarded = context.Request.Headers["X-Forwarded-For"],
        };
        var refusal = await WalkSafelyAsync(context, call, started);
        using var document = call.Action?.Document;
        if (refusal is not null && call.Intent is null && call.IsRecorded) refusal = await auditor.RefuseAsync(call, refusal);
        if (refusal is not null && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            await refusals.WriteAsync(context, refusal, call.RequestId, call.Version);
        metrics.Answered(
            call.Action?.Name ?? call.Operation?.Operation.Name ?? "none", refusal?.Status ?? context.Response.StatusCode, refusal?.Code ?? "forwarded", time.GetElapsedTime(started));
    }

    /// <summary>A request that never became one. It was answered; here it is counted, and recorded when it had at least a request line.</summary>
    public void Unreadable(UnreadableRequest request)
    {
        metrics.Answered("none", request.Refusal.Status, request.Refusal.Code, TimeSpan.Zero);
        if (request.HasRequestLine) _ = RecordUnreadableAsync(request);
    }

    /// <summary>The answer does not wait for this record, so the one thing left to do for one that is lost is to count it.</summary>
    private async Task RecordUnreadableAsync(UnreadableRequest request)
    {
        try
        {
            if (Interlocked.Increment(ref _unreadable) > MostUnreadable)
            {
                metrics.RefusalLost();
                return;
            }

            var call = new CallRecord(request.RequestId, request.Method, request.RawTarget, request.Peer);
            if (await auditor.RefuseAsync(call, request.Refusal) != request.Refusal) metrics.RefusalLost();
        }
        catch (Exception e)
        {
            Log.Failed(logger, e, request.RequestId);
            metrics.RefusalLost();
        }
        finally
        {
            Interlocked.Decrement(ref _unreadable);
        }
    }

    /// <summary>The outer edge: whatever goes wrong inside becomes a refusal with a reason, never an empty 500.</summary>
    private async Task<Refusal?> WalkSafelyAsync(HttpContext context, CallRecord call, long started)
    {
        Refusal failed;
        try
        {
            return await WalkAsync(context, call);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            failed = new Refusal(StatusCodes.Status499ClientClosedRequest, "client_gone", "The client closed the connection.");
        }
        catch (Exception e)
        {
            Log.Failed(logger, e, call.RequestId);
            failed = new Refusal(StatusCodes.Status500InternalServerError, "gateway_failed", "Unexpected API Error.") { Detail = e.Message };
        }

        if (call.Intent is { } intent)
            _ = ConcludeAsync(call, intent, new CallEnd(null, failed.Code, time.GetElapsedTime(started)) { Detail = failed.Detail, IsInDoubt = true });
        return failed;
    }

    /// <summary>Null when the backend answered; otherwise why the request went no further.</summary>
    private async Task<Refusal?> WalkAsync(HttpContext context, CallRecord call)
    {
        // 1. One meaning: the request line, the headers, the operation they name.
        if (RequestInspector.Enter(context, call.RequestId).IsRefused(out var entry, out var refusal)) return refusal;
        call.Entry = entry;
        var operation = call.Operation = catalogue.Find(entry.Method, entry.Target.Path);

        // 2. Who asks. The version documents are the only thing told to everyone.
        if (operation is { Operation.Access: OperationAccess.Public })
            return await ForwardPublicAsync(context, call, entry);
        if ((await authenticator.AuthenticateAsync(context)).IsRefused(out var subject, out refusal)) return refusal;
        call.Subject = subject;
        if (operation is null || (!operation.Operation.IsListed && !MayCallUnlisted(subject))) return Refusal.NotRouted("operation_unknown");
        if (call.Cluster is null && (call.Cluster = ClusterOf(context)) is null) return Refusal.NotRouted("route_unknown");

        // 3. In which version, with which bytes.
        if (microversions.Resolve(context.Request.Headers).IsRefused(out var resolved, out refusal)) return refusal;
        call.Version = resolved.Version;
        if ((await BodyReader.ReadAsync(context, operation.Operation.Body != BodyUse.None)).IsRefused(out var body, out refusal)) return refusal;
        call.Body = body.Bytes;
        var request = new CanonicalRequest(entry, resolved.Version, body.Bytes);

        // 4. What is asked.
        if (operation.ProjectId is { } project && project != subject.ProjectId)
            return Refusal.BadRequest(
                "project_mismatch", $"Malformed request URL: URL's project_id '{project}' doesn't match Context's project_id '{subject.ProjectId ?? "None"}'");
        var reading = ActionReader.Read(operation, body.Bytes, resolved.Version, entry.Target.Query, subject.ProjectId, SchemaModes.Of(MetadataOf(context)), auditRules.Current.Redaction.Secrets);
        if (!reading.Succeeded) return new Refusal(reading.Refusal.Status, reading.Refusal.Reason, reading.Refusal.Message);
        var action = call.Action = reading.Action;
        if (action.SchemaFault is not null) metrics.SchemaFault(action.Name);

        // 5. and 6. Of whose server, and may they. Who was denied too often waits before he is answered, or anything is looked up for him.
        var limited = LimitRequest.Of(subject, action, call.Peer, call.Cluster);
        if (limits.Current.CountsDenials && limits.RefusedBefore(limited, LimitCounts.Denials) is { } probing && Exceeds(context, call, probing) is { } early) return early;
        if (await DecideAsync(context, call, subject, action) is { } denied)
            return limits.Current.CountsDenials && denied.Status is StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound
                ? Exceeds(context, call, await limits.TakeAsync(limited, LimitCounts.Denials)) ?? denied
                : denied;

        // 7. How often.
        if (Exceeds(context, call, await limits.TakeAsync(limited)) is { } exceeded) return exceeded;
        using var places = call.Limits?.Lease;

        // 8. The intent is durable before anything is sent, and says whose server it is.
        if (operation.Operation.Changes) call.Target ??= await OwnerAsync(context, call, subject, action);
        if ((await auditor.IntendAsync(call)).IsRefused(out var intent, out refusal)) return refusal;
        call.Intent = intent;

        // 9. The very bytes that were judged; and what came of them.
        var forwarded = new ForwardedCall(request, subject) { Rates = await RatesAsync(limited, action) };
        var sent = time.GetTimestamp();
        try
        {
            refusal = await forwarder.ForwardAsync(context, forwarded);
            if (forwarded.Fault is { } fault) Log.BackendFailed(logger, call.RequestId, call.Cluster, fault);
            _ = ConcludeAsync(call, intent, EndOf(context, forwarded, refusal, time.GetElapsedTime(sent)));
            return refusal;
        }
        finally
        {
            // Whatever the client was told, and whether he still listened: what the backend may have accepted may be at work.
            places?.Release(goesOn: forwarded.Status is { } status ? status < StatusCodes.Status300MultipleChoices : forwarded.WasSent);
        }
    }

    private async Task<Refusal?> ForwardPublicAsync(HttpContext context, CallRecord call, Entry entry)
    {
        if ((await BodyReader.ReadAsync(context, bodyAllowed: false)).IsRefused(out _, out var refusal)) return refusal;
        call.IsRecorded = false;
        return await forwarder.ForwardAsync(context, new ForwardedCall(new CanonicalRequest(entry, Microversion.Default, default), Subject: null));
    }

    /// <summary>
    /// Looks the server up only when the answer depends on it: never for a caller whom every rule allows whatever the server, who gets the
    /// backend's own 404. For everybody else a server that is not theirs does not exist, so the look-up comes before the rule, as in Nova.
    /// </summary>
    private async Task<Refusal?> DecideAsync(HttpContext context, CallRecord call, Subject subject, ServerAction action)
    {
        var rules = policies.Current;
        var caller = credentials.Of(subject);
        var guards = new string[action.Rules.Count];
        for (var i = 0; i < guards.Length; i++) guards[i] = action.Rules[i].NameIn(rules.RuleNames);
        if (action.Definition is { } definition && definition.IsGone(rules.RuleNames)) return Refusal.Gone();
        TargetAttributes? attributes;
        if (action.Operation.Target != TargetKind.Server || action.Match.ServerId is not { } serverId)
        {
            attributes = SubjectCredentials.CallersTarget(subject, action.TargetProject, action.TargetUser);
        }
        else if (AllowWhateverTheTarget(rules, guards, caller))
        {
            call.Target = targets.Known(serverId);
            attributes = call.Target?.Attributes(withUser: true);
        }
        else
        {
            if ((await targets.FindAsync(serverId, subject, context, call.Cluster!)).IsRefused(out var target, out var refusal)) return refusal;
            call.Target = target;
            if (target.ProjectId != subject.ProjectId && !rules.IsAdmin(caller)) return Refusal.NoSuchServer(serverId, "target_of_another_project");
            attributes = target.Attributes(withUser: action.TargetAttributes.Contains("user_id"));
        }

        var question = call.Question = new PolicyQuestion(rules, caller) { Target = attributes };
        // All of them, also after one has denied: who asks the record what other rules would have said needs every answer.
        foreach (var rule in guards) question.Ask(rule);
        call.Decision = question.Decision;
        if (call.Decision is { Allowed: false } denied)
            return new Refusal(StatusCodes.Status403Forbidden, "policy_denied", $"Policy doesn't allow {denied.Action} to be performed.") { Detail = denied.Reason };

        return guards.Length == 0 && action.Operation.Access != OperationAccess.Authenticated
            ? new Refusal(StatusCodes.Status403Forbidden, "no_rule", "Policy doesn't allow this operation to be performed.")
            : null;
    }

    /// <summary>
    /// Whose the server is, where no rule needed to know: those who review that project's record must find what was done to it. Nothing that the caller
    /// gets depends on the answer.
    /// </summary>
    private Task<ServerTarget?> OwnerAsync(HttpContext context, CallRecord call, Subject subject, ServerAction action) =>
        action.Operation.Target == TargetKind.Server && action.Match.ServerId is { } serverId
            ? targets.OwnerAsync(serverId, subject, context, call.Cluster!)
            : Task.FromResult<ServerTarget?>(null);

    private static bool AllowWhateverTheTarget(PolicySet rules, string[] guards, Credentials caller)
    {
        foreach (var rule in guards)
            if (rules.Foresee(rule, caller) != Foresight.Allowed) return false;
        return true;
    }

    /// <summary>Whoever may not call what is not listed is not told more than that it is not. The rules' default stands in for no administrator.</summary>
    private bool MayCallUnlisted(Subject subject)
    {
        var rules = policies.Current;
        return rules.RuleNames.Contains(UnlistedOperations.AdministratorRule)
            && rules.Decide(UnlistedOperations.AdministratorRule, credentials.Of(subject), SubjectCredentials.CallersTarget(subject, null, null)).Allowed;
    }

    /// <summary>Tells the client and the record what the limits said; null when they let the call pass.</summary>
    private Refusal? Exceeds(HttpContext context, CallRecord call, LimitDecision decision)
    {
        call.Limits = decision;
        metrics.Limited(decision);
        RateLimitFields.Set(context.Response.Headers, decision);
        return decision.Refusal switch
        {
            null => null,
            { IsUnavailable: true } refusal => Refusal.Unavailable("limits_unavailable", refusal.Message, $"{refusal.LimitName}: {refusal.Details}"),
            { } refusal => Refusal.TooMany(refusal.Message, refusal.Details, refusal.RetryAfterSeconds, refusal.LimitName),
        };
    }

    /// <summary>Nova leaves the rates of <c>GET /limits</c> empty since it no longer limits them; whoever asks for his own gets the gateway's.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> RatesAsync(LimitRequest caller, ServerAction action) =>
        action.Name == "limits:show" && (action.TargetProject ?? caller.ProjectId) == caller.ProjectId ? await limits.RatesAsync(caller, time.GetUtcNow()) : (ReadOnlyMemory<byte>?)null;

    /// <summary>Not waited for: the answer is on its way, and the log keeps an outcome until it is stored, also at shutdown.</summary>
    private async Task ConcludeAsync(CallRecord call, Intent intent, CallEnd end)
    {
        try
        {
            if (!await auditor.ConcludeAsync(call, intent, end)) metrics.OutcomeLost();
        }
        catch (Exception e)
        {
            Log.Failed(logger, e, call.RequestId);
            metrics.OutcomeLost();
        }
    }

    private static CallEnd EndOf(HttpContext context, ForwardedCall forwarded, Refusal? refusal, TimeSpan duration)
    {
        // A client that left before the answer was not told anything.
        var gone = context.RequestAborted.IsCancellationRequested && forwarded.Status is null;
        var code = gone ? "client_gone" : refusal?.Code ?? (forwarded.Fault is null ? "forwarded" : "answer_cut_short");
        return new CallEnd(gone ? null : refusal?.Status ?? context.Response.StatusCode, code, duration)
        {
            IsInDoubt = forwarded.Status is null && forwarded.WasSent,
            Detail = refusal?.Detail ?? forwarded.Fault,
            Destination = forwarded.Destination,
            BackendStatus = forwarded.Status,
            BackendRequestId = forwarded.BackendRequestId,
        };
    }

    private static string? ClusterOf(HttpContext context) => RouteOf(context)?.Config.ClusterId;

    private static IReadOnlyDictionary<string, string>? MetadataOf(HttpContext context) => RouteOf(context)?.Cluster?.Model.Config.Metadata;

    private static RouteModel? RouteOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Request {RequestId} failed inside the gateway")]
        public static partial void Failed(ILogger logger, Exception exception, string requestId);

        [LoggerMessage(2, LogLevel.Warning, "Request {RequestId} was not answered by cluster {Cluster}: {Problem}")]
        public static partial void BackendFailed(ILogger logger, string requestId, string? cluster, string problem);
    }
}
