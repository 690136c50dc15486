using Gateway.Policy.Analysis;

namespace Gateway.Policy.Testing;

/// <summary>One row: what every persona may do with an action, in the order of the personas.</summary>
public sealed record MatrixRow(string Action, IReadOnlyList<Foresight> Answers);

/// <summary>Actions beside personas.</summary>
public static class PolicyMatrix
{
    /// <summary>A row for each action, or for each of the named ones; with a target, nothing depends on it.</summary>
    public static IReadOnlyList<MatrixRow> Of(PolicySet set, IReadOnlyList<Persona> personas, IReadOnlyList<string>? actions = null, TargetAttributes? target = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        return [.. (actions ?? PolicyActions.Of(set)).Select(action => new MatrixRow(action, [.. personas.Select(persona => Answer(set, action, persona, target))]))];
    }

    private static Foresight Answer(PolicySet set, string action, Persona persona, TargetAttributes? target)
    {
        if (target is null) return set.Foresee(action, persona.Credentials);
        return set.Decide(action, persona.Credentials, target).Allowed ? Foresight.Allowed : Foresight.Denied;
    }
}
