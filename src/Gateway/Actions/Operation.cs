using System.Collections.Frozen;
using System.Text.Json;
using Gateway.FrontDoor;

namespace Gateway.Actions;

/// <summary>Who may call an operation at all, before any rule is asked.</summary>
internal enum OperationAccess
{
    /// <summary>Every guarding rule must allow.</summary>
    Rules,

    /// <summary>A valid token is enough.</summary>
    Authenticated,

    /// <summary>Answered without a token: the version documents.</summary>
    Public,
}

/// <summary>What the rules are asked about.</summary>
internal enum TargetKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The caller's own project and user, unless the request names others.</summary>
    Caller,

    /// <summary>The server in the path.</summary>
    Server,
}

/// <summary>What stands in an operation's body.</summary>
internal enum BodyUse
{
    None,
    Optional,
    Required,

    /// <summary>An object with one key, which names the action.</summary>
    Action,
}

/// <summary>
/// A rule that must allow the call. Older policy sets know some rules by other names: when the set in force has no rule
/// called <see cref="Name"/>, the first of <see cref="Formerly"/> that it has stands for it.
/// </summary>
internal sealed record GuardingRule(string Name, IReadOnlyList<string> Formerly)
{
    /// <summary>Releases renamed rules: the name in the set in force is the one that is asked and recorded.</summary>
    public string NameIn(IReadOnlyCollection<string> inForce) => inForce.Contains(Name) ? Name : Formerly.FirstOrDefault(inForce.Contains) ?? Name;

    public override string ToString() => Name;
}

/// <summary>Where in a request a value is named: `path:tenant_id`, `query:user_id`, `body:keypair.user_id`.</summary>
internal sealed record ValueSource(ValueSource.Place From, string Name)
{
    internal enum Place
    {
        Path,
        Query,
        Body,
    }
}

/// <summary>One operation of an API: a method on a path, who may call it, and what is recorded of it.</summary>
internal sealed record Operation
{
    /// <summary>Service type of the API, `compute`.</summary>
    public required string Service { get; init; }

    /// <summary>Unique in the catalogue: `servers:show`. For operations with actions, the actions' own names are used instead.</summary>
    public required string Name { get; init; }

    public required string Method { get; init; }

    /// <summary>The path template without its prefix: `/servers/{server_id}`.</summary>
    public required string Path { get; init; }

    public required OperationAccess Access { get; init; }

    public required IReadOnlyList<GuardingRule> Rules { get; init; }

    public required IReadOnlyList<ConditionalRule> ConditionalRules { get; init; }

    public required MicroversionRange Versions { get; init; }

    public required TargetKind Target { get; init; }

    /// <summary>The server's attributes that the rules get: `project_id`, for some also `user_id`.</summary>
    public required IReadOnlyList<string> TargetAttributes { get; init; }

    public required ValueSource? TargetProject { get; init; }

    public required ValueSource? TargetUser { get; init; }

    public required BodyUse Body { get; init; }

    /// <summary>CADF type of what is acted on: `compute/server`.</summary>
    public required string TargetType { get; init; }

    public required string CadfAction { get; init; }

    /// <summary>The call changes something: every method but GET, and the few GETs that do too.</summary>
    public required bool Changes { get; init; }

    /// <summary>The status of success.</summary>
    public required int Success { get; init; }

    /// <summary>What a call counts for in limits that weigh calls by this catalogue; 1 for most.</summary>
    public int Cost { get; init; } = 1;

    /// <summary>Names of members whose values never enter a record, besides those that are secret everywhere.</summary>
    public required FrozenSet<string> Secrets { get; init; }

    /// <summary>False for what stands in for an operation that no catalogue lists.</summary>
    public bool IsListed { get; init; } = true;

    /// <summary>By key, when the body names one of several actions.</summary>
    public required FrozenDictionary<string, ActionDefinition> Actions { get; init; }
}

/// <summary>One action of an operation whose body names it.</summary>
internal sealed record ActionDefinition
{
    /// <summary>The body's one top-level key.</summary>
    public required string Key { get; init; }

    /// <summary>The name in limits and records; unique in the catalogue.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<GuardingRule> Rules { get; init; }

    public required IReadOnlyList<ConditionalRule> ConditionalRules { get; init; }

    public required MicroversionRange Versions { get; init; }

    public required IReadOnlyList<string> TargetAttributes { get; init; }

    public required string CadfAction { get; init; }

    public required int Success { get; init; }

    /// <summary>What a call counts for in limits that weigh calls by this catalogue; 1 for most.</summary>
    public int Cost { get; init; } = 1;

    public required FrozenSet<string> Secrets { get; init; }

    /// <summary>What the value under the key must be; the ranges follow each other without a gap over <see cref="Versions"/>.</summary>
    public required VersionedBody[] Bodies { get; init; }

    /// <summary>The newest version that the schemas were written for. Above it a body that they do not accept is reported, not refused.</summary>
    public required Microversion SchemasKnownTo { get; init; }

    /// <summary>Where the rules in force know none of its rules, the action is gone: 410 for everyone, as in Nova since Wallaby.</summary>
    public required bool IsGoneWithoutRule { get; init; }

    /// <summary>The rules in force have dropped its rules, and it with them.</summary>
    public bool IsGone(IReadOnlyCollection<string> inForce) => IsGoneWithoutRule && !Rules.Any(rule => inForce.Contains(rule.NameIn(inForce)));

    /// <summary>The schema of a version; null when the action is not in it.</summary>
    public BodySchema? SchemaFor(Microversion version)
    {
        foreach (var body in Bodies)
            if (body.Versions.Contains(version)) return body.Schema;
        return null;
    }
}

/// <summary>The shape of an action's value in a range of versions.</summary>
/// <param name="Versions">The versions.</param>
/// <param name="Schema">The compiled schema.</param>
/// <param name="Source">The schema as it is written, for people.</param>
internal sealed record VersionedBody(MicroversionRange Versions, BodySchema Schema, JsonElement Source);
