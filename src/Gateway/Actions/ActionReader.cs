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
    private const string NotFound = "The resource could not be found.";

    /// <summary>Reads one request.</summary>
    /// <param name="match">The operation found for its method and path.</param>
    /// <param name="body">The whole body; empty when there is none.</param>
    /// <param name="version">The version the client asked for, resolved.</param>
    /// <param name="query">The raw query string, with or without its question mark.</param>
    /// <param name="callerProject">The caller's own project, if the token has one.</param>
    public static ActionReading Read(
        OperationMatch match, ReadOnlyMemory<byte> body, Microversion version, string query = "", string? callerProject = null)
    {
        var operation = match.Operation;
        if (match.IsCompatibility)
            version = Microversion.Default;

        var root = default(JsonElement);
        if (ReadBody(operation, body, ref root) is { } badBody)
            return badBody;

        if (operation.Body == BodyUse.Action)
            return ReadAction(match, root, version, query, callerProject);
        if (!operation.Versions.Contains(version))
            return new ActionRefusal(404, NotFound, RefusalReason.OperationNotInVersion, operation.Name);

        return Complete(match, null, root, root, version, query, callerProject);
    }

    private static ActionRefusal? ReadBody(Operation operation, ReadOnlyMemory<byte> body, ref JsonElement root)
    {
        // A body that names its action has no name yet; every other operation is known by its path.
        var name = operation.Body == BodyUse.Action ? null : operation.Name;
        if (body.IsEmpty)
        {
            return operation.Body is BodyUse.None or BodyUse.Optional
                ? null
                : new ActionRefusal(400, Malformed, RefusalReason.BodyEmpty, name);
        }

        if (operation.Body == BodyUse.None)
            return new ActionRefusal(400, Malformed, RefusalReason.BodyNotAllowed, name);
        if (StrictJson.Parse(body, out var reason) is not { } value)
            return new ActionRefusal(400, Malformed, reason, name);
        if (value.ValueKind != JsonValueKind.Object)
            return new ActionRefusal(400, Malformed, RefusalReason.BodyNotObject, name);

        root = value;
        return null;
    }

    private static ActionReading ReadAction(
        OperationMatch match, JsonElement root, Microversion version, string query, string? callerProject)
    {
        var count = root.GetPropertyCount();
        if (count != 1)
            return new ActionRefusal(400, Malformed, count == 0 ? RefusalReason.BodyNoKey : RefusalReason.BodyTwoKeys, null);

        var member = root.EnumerateObject().First();
        var key = member.Name;
        if (!IsActionKey(key))
            return new ActionRefusal(400, $"There is no such action: {Shown(key)}", RefusalReason.ActionName, null);
        if (!match.Operation.Actions.TryGetValue(key, out var action))
            return new ActionRefusal(400, $"There is no such action: {key}", RefusalReason.UnknownAction, null);

        var schema = action.Bodies.FirstOrDefault(range => range.Versions.Contains(version))?.Schema;
        if (schema is null || !match.Operation.Versions.Contains(version))
            return new ActionRefusal(404, NotFound, RefusalReason.ActionNotInVersion, action.Name);

        if (schema.Validate(member.Value, key, action.Secrets, ignoreUnknown: match.IsCompatibility) is { } fault)
            return new ActionRefusal(400, fault.Message(action.Secrets), RefusalReason.Schema, action.Name);

        return Complete(match, action, root, member.Value, version, query, callerProject);
    }

    private static ActionReading Complete(
        OperationMatch match, ActionDefinition? action, JsonElement root, JsonElement parameters,
        Microversion version, string rawQuery, string? callerProject)
    {
        var operation = match.Operation;
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
            Body = root,
            Parameters = parameters,
            TargetProject = Find(operation.TargetProject, match, root, query),
            TargetUser = Find(operation.TargetUser, match, root, query),
        };
    }

    private static IReadOnlyList<GuardingRule> Guards(
        OperationMatch match, IReadOnlyList<GuardingRule> rules, IReadOnlyList<ConditionalRule> conditions,
        JsonElement parameters, Microversion version, QueryParameters query, string? callerProject)
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

    private static string? Find(ValueSource? source, OperationMatch match, JsonElement root, QueryParameters query) => source?.From switch
    {
        null => null,
        ValueSource.Place.Path => match.Parameter(source.Name),
        ValueSource.Place.Query => query.All(source.Name).FirstOrDefault(),
        _ => BodyPath.Find(root, source.Name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null,
    };

    // Letters, digits, `_` and `-`, from a letter on; no action has another name, and none of these can forge a log line.
    private static bool IsActionKey(string key) =>
        key.Length is > 0 and <= 64
        && char.IsAsciiLetter(key[0])
        && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    private static string Shown(string key)
    {
        var quoted = PythonText.Repr(key.Length > 64 ? key[..64] : key);
        return quoted[1..^1];
    }
}
