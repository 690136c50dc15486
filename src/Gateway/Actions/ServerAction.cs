using System.Collections.Frozen;
using System.Text.Json;

namespace Gateway.Actions;

/// <summary>
/// What a request asks for, in its one meaning: an action of a server, or any other operation of the API. The record says what
/// was read here, the rules are asked for it, and the backend gets the bytes it was read from.
/// </summary>
internal sealed record ServerAction
{
    /// <summary>The name in limits and records: `createBackup`, `servers:show`.</summary>
    public required string Name { get; init; }

    public required OperationMatch Match { get; init; }

    public Operation Operation => Match.Operation;

    /// <summary>The action named by the body, null for operations without actions.</summary>
    public required ActionDefinition? Definition { get; init; }

    /// <summary>All of them must allow. Empty only where the operation's access asks for none.</summary>
    public required IReadOnlyList<GuardingRule> Rules { get; init; }

    /// <summary>The body as it was read; null when there is none. Whoever ends the request disposes of it.</summary>
    public required BodyDocument? Document { get; init; }

    /// <summary>The whole body; undefined when there is none.</summary>
    public BodyValue Body => Document?.Root ?? default;

    /// <summary>The value under the action's key, or the whole body; undefined when there is none.</summary>
    public required BodyValue Parameters { get; init; }

    /// <summary>What the schema does not accept, in Nova's words, where the call goes on all the same; null when all is well, or nobody looked.</summary>
    public required string? SchemaFault { get; init; }

    /// <summary>The project the request names as its target, instead of the caller's own.</summary>
    public required string? TargetProject { get; init; }

    /// <summary>The user the request names as its target, instead of the caller.</summary>
    public required string? TargetUser { get; init; }

    public string CadfAction => Definition?.CadfAction ?? Operation.CadfAction;

    public string TargetType => Operation.TargetType;

    /// <summary>The server's attributes that the rules get.</summary>
    public IReadOnlyList<string> TargetAttributes => Definition?.TargetAttributes ?? Operation.TargetAttributes;

    public FrozenSet<string> Secrets => Definition?.Secrets ?? Operation.Secrets;

    /// <summary>The status of success.</summary>
    public int Success => Definition?.Success ?? Operation.Success;

    /// <summary>The body for the record, its secrets removed; null when there is none.</summary>
    public RedactedBody? RedactedBody(Redaction? redaction = null) => Body.ValueKind == JsonValueKind.Undefined ? null : Redactor.Redact(Body, Secrets, redaction);
}
