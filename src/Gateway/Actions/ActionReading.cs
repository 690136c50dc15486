using System.Diagnostics.CodeAnalysis;

namespace Gateway.Actions;

/// <summary>A request that was not read as an action.</summary>
/// <param name="Status">HTTP status of the answer: 400 or 404.</param>
/// <param name="Message">Nova's message for it; holds no secret.</param>
/// <param name="Reason">One of <see cref="RefusalReason"/>, for the record.</param>
/// <param name="ActionName">The action's name as far as it is known from the catalogue; null when the body names none.</param>
internal sealed record ActionRefusal(int Status, string Message, string Reason, string? ActionName);

/// <summary>What reading a request gave: an action, or why there is none.</summary>
internal readonly struct ActionReading
{
    private ActionReading(ServerAction? action, ActionRefusal? refusal) => (Action, Refusal) = (action, refusal);

    public ServerAction? Action { get; }

    public ActionRefusal? Refusal { get; }

    [MemberNotNullWhen(true, nameof(Action))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool Succeeded => Action is not null;

    public static implicit operator ActionReading(ServerAction action) => new(action, null);

    public static implicit operator ActionReading(ActionRefusal refusal) => new(null, refusal);
}
