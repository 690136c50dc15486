using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Gateway.FrontDoor;

namespace Gateway.Actions;

/// <summary>
/// Reads a matched request's body and query into the action it asks for. Nothing is guessed: what has two meanings is refused, in
/// Nova's order (body, unknown action, version, schema) and in Nova's words.
/// </summary>
internal static class ActionReader
{
    private const string Malformed = "Malformed request body";
    private const string NoBody = "A request body is not accepted here";
    private const string NotFound = "The resource could not be found.";
    private const int LongestKey = 64;

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>Reads one request.</summary>
    /// <param name="match">The operation found for its method and path.</param>
    /// <param name="body">The whole body; empty when there is none. The action looks into these bytes, so they must outlive it.</param>
    /// <param name="version">The version the client asked for, resolved.</param>
    /// <param name="query">The raw query string, with or without its question mark.</param>
    /// <param name="callerProject">The caller's own project, if the token has one.</param>
    /// <param name="schemas">What a body that its schema does not accept leads to.</param>
    /// <param name="secrets">Names that operators call secret, whose values no message shows.</param>
    public static ActionReading Read(
        OperationMatch match, ReadOnlyMemory<byte> body, Microversion version, string query = "", string? callerProject = null,
        SchemaMode schemas = SchemaMode.Strict, FrozenSet<string>? secrets = null)
    {
        var operation = match.Operation;
        if (match.IsCompatibility)
            version = Microversion.Default;

        if (ReadBody(operation, body, out var document) is { } badBody)
            return badBody;

        var reading = operation.Body == BodyUse.Action
            ? ReadAction(match, document!, version, query, callerProject, schemas, secrets)
            : ReadOperation(match, document, version, query, callerProject);
        if (!reading.Succeeded)
            document?.Dispose();
        return reading;
    }

    private static ActionRefusal? ReadBody(Operation operation, ReadOnlyMemory<byte> body, out BodyDocument? document)
    {
        document = null;
        // A body that names its action has no name yet; every other operation is known by its path.
        var name = operation.Body == BodyUse.Action ? null : operation.Name;
        if (body.IsEmpty)
        {
            return operation.Body is BodyUse.None or BodyUse.Optional
                ? null
                : new ActionRefusal(400, Malformed, RefusalReason.BodyEmpty, name);
        }

        if (operation.Body == BodyUse.None)
            return new ActionRefusal(400, NoBody, RefusalReason.BodyNotAllowed, name);
        if (StrictJson.Parse(body, out var reason) is not { } parsed)
            return new ActionRefusal(400, Malformed, reason, name);
        if (parsed.Root.ValueKind != JsonValueKind.Object)
        {
            parsed.Dispose();
            return new ActionRefusal(400, Malformed, RefusalReason.BodyNotObject, name);
        }

        document = parsed;
        return null;
    }

    private static ActionReading ReadOperation(
        OperationMatch match, BodyDocument? document, Microversion version, string query, string? callerProject)
    {
        if (!match.Operation.Versions.Contains(version))
            return new ActionRefusal(404, NotFound, RefusalReason.OperationNotInVersion, match.Operation.Name);

        return Complete(match, null, document, document?.Root ?? default, version, query, callerProject, schemaFault: null);
    }

    private static ActionReading ReadAction(
        OperationMatch match, BodyDocument document, Microversion version, string query, string? callerProject, SchemaMode schemas, FrozenSet<string>? secrets)
    {
        var count = document.Root.GetPropertyCount();
        if (count != 1)
            return new ActionRefusal(400, Malformed, count == 0 ? RefusalReason.BodyNoKey : RefusalReason.BodyTwoKeys, null);

        var members = document.Root.EnumerateObject();
        members.MoveNext();
        var member = members.Current;
        Span<char> buffer = stackalloc char[LongestKey];
        if (!TryKey(member, buffer, out var key))
            return new ActionRefusal(400, $"There is no such action: {Shown(member.Name)}", RefusalReason.ActionName, null);
        if (!match.Operation.Actions.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var action))
            return new ActionRefusal(400, $"There is no such action: {key}", RefusalReason.UnknownAction, null);
        if (action.SchemaFor(version) is not { } schema || !match.Operation.Versions.Contains(version))
            return new ActionRefusal(404, NotFound, RefusalReason.ActionNotInVersion, action.Name);

        // Schemas written for older versions would refuse what a newer one allows; the rules hold in every version.
        if (schemas == SchemaMode.Strict && version > action.SchemasKnownTo)
            schemas = SchemaMode.Report;
        var fault = schemas == SchemaMode.Off ? null : schema.Validate(member.Value, action.Key, action.Secrets, ignoreUnknown: match.IsCompatibility, secrets);
        if (fault is not null && schemas == SchemaMode.Strict)
            return new ActionRefusal(400, fault, RefusalReason.Schema, action.Name);

        return Complete(match, action, document, member.Value, version, query, callerProject, fault);
    }

    private static ActionReading Complete(
        OperationMatch match, ActionDefinition? action, BodyDocument? document, BodyValue parameters,
        Microversion version, string rawQuery, string? callerProject, string? schemaFault)
    {
        var operation = match.Operation;
        var root = document?.Root ?? default;
        var name = action?.Name ?? operation.Name;
        var conditions = action?.ConditionalRules ?? operation.ConditionalRules;
        var query = rawQuery.Length == 0 ? QueryParameters.None : new QueryParameters(rawQuery);

        // A parameter that says whose thing is meant may be said once.
        if (GivenTwice(operation.TargetProject, query) || GivenTwice(operation.TargetUser, query))
        {
            var parameter = GivenTwice(operation.TargetProject, query) ? operation.TargetProject!.Name : operation.TargetUser!.Name;
            return new ActionRefusal(
                400, $"Invalid input for query parameters {parameter}. It is given more than once.", RefusalReason.QueryDuplicate, name);
        }

        return new ServerAction
        {
            Name = name,
            Match = match,
            Definition = action,
            Rules = Guards(match, action?.Rules ?? operation.Rules, conditions, parameters, version, query, callerProject),
            Document = document,
            Parameters = parameters,
            SchemaFault = schemaFault,
            TargetProject = Find(operation.TargetProject, match, root, query),
            TargetUser = Find(operation.TargetUser, match, root, query),
        };
    }

    private static IReadOnlyList<GuardingRule> Guards(
        OperationMatch match, IReadOnlyList<GuardingRule> rules, IReadOnlyList<ConditionalRule> conditions,
        BodyValue parameters, Microversion version, QueryParameters query, string? callerProject)
    {
        if (conditions.Count == 0)
            return rules;

        var applying = conditions.Where(condition => condition.Applies(match, parameters, version, query, callerProject)).ToArray();
        if (applying.Length == 0)
            return rules;

        var kept = applying.Any(condition => condition.Replaces) ? [] : rules;
        return [.. kept.Concat(applying.Select(condition => condition.Rule)).DistinctBy(rule => rule.Name, StringComparer.Ordinal)];
    }

    private static bool GivenTwice(ValueSource? source, QueryParameters query) =>
        source is { From: ValueSource.Place.Query } && query.All(source.Name).Skip(1).Any();

    private static string? Find(ValueSource? source, OperationMatch match, BodyValue root, QueryParameters query) => source?.From switch
    {
        null => null,
        ValueSource.Place.Path => match.Parameter(source.Name),
        ValueSource.Place.Query => query.All(source.Name).FirstOrDefault(),
        _ => BodyPath.Find(root, source.Name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null,
    };

    /// <summary>
    /// Letters, digits, `_` and `-`, from a letter on; no action has another name, and none of these can forge a log line. An escape is read as
    /// what it stands for.
    /// </summary>
    private static bool TryKey(BodyMember member, Span<char> buffer, out ReadOnlySpan<char> key)
    {
        key = default;
        if (member.NameUtf8.Length > buffer.Length) return false;
        key = buffer[..Encoding.UTF8.GetChars(member.NameUtf8, buffer)];
        return key.Length > 0 && char.IsAsciiLetter(key[0]) && !key.ContainsAnyExcept(KeyCharacters);
    }

    private static string Shown(string key)
    {
        var quoted = PythonText.Repr(key.Length > LongestKey ? key[..LongestKey] : key);
        return quoted[1..^1];
    }
}
