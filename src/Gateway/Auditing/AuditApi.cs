using System.Globalization;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Identity;
using Gateway.Policies;

namespace Gateway.Auditing;

/// <summary>
/// The record over HTTP, on the admin port, shaped like Hermes: <c>/v1/events</c>, <c>/v1/events/{id}</c>, <c>/v1/attributes/{name}</c>. What a caller sees is
/// decided by the rules of <see cref="AuditAccess"/>; every reading is recorded before it is answered.
/// </summary>
internal sealed class AuditApi(
    Authenticator authenticator,
    SubjectCredentials credentials,
    AuditRulesStore rules,
    AuditLibrary library,
    Auditor auditor,
    AuditEventFactory events)
{
    private const string Prefix = "/v1";
    private const int LargestLimit = 1000;
    private const int DefaultLimit = 50;

    public async Task AnswerAsync(HttpContext context)
    {
        var answer = await AskAsync(context);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.Status == StatusCodes.Status200OK ? "application/json" : "application/problem+json";
        context.Response.Headers.CacheControl = "no-store";
        if (answer.RetryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private async Task<Answer> AskAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method)) return Problem(405, "the record can only be read: use GET");
        if ((await authenticator.AuthenticateOperatorAsync(context)).IsRefused(out var subject, out var refusal)) return Problem(refusal.Status, refusal.Message, refusal.RetryAfterSeconds);
        var (allowed, project) = rules.Current.Access.Of(subject, credentials.Of(subject));
        if (!allowed)
        {
            await auditor.ReadAsync(events.Reading(context, subject, AuditOutcome.Failure, "read/list", 403));
            return Problem(403, "you may not read the record");
        }

        try
        {
            return await ReadAsync(context, subject, project);
        }
        catch (EventSearchException e)
        {
            return Problem(400, AnswerText.WithoutCredentials(e.Message));
        }
        catch (SearchUnavailableException e)
        {
            return Problem(503, e.Message, e.RetryAfterSeconds);
        }
        catch (AuditStoreException)
        {
            return Problem(503, "the record cannot be read at this time", 1);
        }
    }

    private async Task<Answer> ReadAsync(HttpContext context, Subject subject, string? project)
    {
        var parts = context.Request.Path.Value![Prefix.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries);
        var query = context.Request.Query;
        var (action, body) = parts switch
        {
            ["events"] => ("read/list", await ListAsync(context, project)),
            ["events", var id] => ("read", await ShowAsync(id, project, context.RequestAborted)),
            ["attributes", var name] => ("read/list", await ValuesAsync(name, project, Limit(query["limit"]), Depth(query["max_depth"]), context.RequestAborted)),
            _ => ("", null),
        };
        if (action.Length == 0) return Problem(404, $"no such path; known are {Prefix}/events, {Prefix}/events/ID, {Prefix}/attributes/NAME");

        // Reading is recorded before anything is shown, and so is having found nothing.
        if (!await auditor.ReadAsync(events.Reading(context, subject, body is null ? AuditOutcome.Failure : AuditOutcome.Success, action, body is null ? 404 : 200)))
            return Problem(503, "that the record is read could not be recorded, so it is not shown", 1);
        return body is null ? Problem(404, "no such event") : new Answer(200, body);
    }

    private async Task<byte[]> ListAsync(HttpContext context, string? project)
    {
        var search = SearchOf(context.Request.Query) with { OnlyProject = project };
        var (found, next) = await library.SearchAsync(search, context.RequestAborted);
        var details = context.Request.Query["details"] == "true";
        return Json(writer =>
        {
            writer.WriteStartObject();
            if (next is not null) writer.WriteString("next", NextAddress(context.Request, next));
            writer.WriteStartArray("events");
            foreach (var stored in found) WriteEvent(writer, stored, details);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private async Task<byte[]?> ShowAsync(string id, string? project, CancellationToken ct)
    {
        var attribute = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : "id";
        if (attribute is null) return null;
        var search = new EventSearch { Conditions = [new EventCondition(attribute, Comparison.Is, id)], OnlyProject = project, Limit = 1 };
        var (found, _) = await library.SearchAsync(search, ct);
        return found.Count == 0 ? null : Json(writer => WriteEvent(writer, found[0], details: true));
    }

    private async Task<byte[]?> ValuesAsync(string name, string? project, int limit, int? depth, CancellationToken ct)
    {
        var values = await library.ValuesAsync(name, project, limit, ct);
        // Hierarchical names are cut to so many levels, as Hermes does.
        if (depth is { } levels) values = [.. values.Select(value => string.Join('/', value.Split('/').Take(levels))).Distinct(StringComparer.Ordinal)];
        return Json(writer =>
        {
            writer.WriteStartArray();
            foreach (var value in values) writer.WriteStringValue(value);
            writer.WriteEndArray();
        });
    }

    private static EventSearch SearchOf(IQueryCollection query)
    {
        var conditions = new List<EventCondition>();
        foreach (var (name, values) in query)
        {
            if (name is "limit" or "marker" or "sort" or "search" or "details") continue;
            foreach (var value in values) conditions.AddRange(ConditionText.Parse(name, value ?? ""));
        }

        return new EventSearch
        {
            Conditions = conditions,
            Text = query["search"].ToString() is { Length: > 0 } text ? text : null,
            Limit = Limit(query["limit"]),
            Cursor = query["marker"].ToString() is { Length: > 0 } cursor ? cursor : null,
            Order = query["sort"].ToString() switch
            {
                "" or "time:desc" => AuditOrder.NewestFirst,
                "time" or "time:asc" => AuditOrder.OldestFirst,
                var other => throw new EventSearchException($"sort `{other}`: known are time:desc, time:asc"),
            },
        };
    }

    private static int Limit(string? text) =>
        string.IsNullOrEmpty(text) ? DefaultLimit
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= LargestLimit ? limit
        : throw new EventSearchException($"limit `{text}`: must lie between 1 and {LargestLimit}");

    private static int? Depth(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var depth) && depth >= 1 ? depth
        : throw new EventSearchException($"max_depth `{text}`: must be at least 1");

    private static string NextAddress(HttpRequest request, string cursor)
    {
        var kept = request.Query.Where(pair => pair.Key != "marker").SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value)));
        return $"{request.Path}{QueryString.Create(kept.Append(KeyValuePair.Create("marker", (string?)cursor)))}";
    }

    /// <summary>The event as it is stored, or of it what Hermes lists; with its place in the chain.</summary>
    private static void WriteEvent(Utf8JsonWriter writer, StoredAuditEvent stored, bool details)
    {
        using var document = JsonDocument.Parse(stored.Bytes, new JsonDocumentOptions { MaxDepth = 1024 });
        writer.WriteStartObject();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (!details && member.Name is "attachments" or "typeURI" or "eventType") continue;
            writer.WritePropertyName(member.Name);
            writer.WriteRawValue(member.Value.GetRawText(), skipInputValidation: true);
        }

        writer.WriteStartObject("record");
        writer.WriteNumber("sequence", stored.Sequence);
        writer.WriteString("hash", Convert.ToHexStringLower(stored.Hash.Span));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes)) write(writer);
        return bytes.ToArray();
    }

    private static Answer Problem(int status, string detail, long? retryAfter = null) => new(status, Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("status", status);
        writer.WriteString("title", Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status));
        writer.WriteString("detail", detail);
        writer.WriteEndObject();
    }))
    {
        RetryAfterSeconds = retryAfter,
    };

    private sealed record Answer(int Status, byte[] Body)
    {
        public long? RetryAfterSeconds { get; init; }
    }
}
