using Gateway.Actions;

namespace Gateway.Limits;

/// <summary>What limits know of an action of the catalogue.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Method">The method of its operation.</param>
/// <param name="Path">The path template of its operation, without prefix.</param>
/// <param name="Changes">It changes something.</param>
/// <param name="Weight">What it costs in the catalogue.</param>
internal sealed record LimitableAction(string Name, string Method, string Path, bool Changes, int Weight)
{
    /// <summary>Every action of a catalogue that needs a token; nothing else is limited.</summary>
    public static IReadOnlyList<LimitableAction> Of(ApiCatalogue catalogue) =>
    [
        .. catalogue.Operations.Where(operation => operation.Access != OperationAccess.Public).SelectMany(operation => operation.Body == BodyUse.Action
            ? operation.Actions.Values.Select(action => new LimitableAction(action.Name, operation.Method, operation.Path, operation.Changes, action.Cost))
            : [new LimitableAction(operation.Name, operation.Method, operation.Path, operation.Changes, operation.Cost)]),
        // Whatever no catalogue lists may change anything, and is known by no path.
        .. catalogue.Names.Contains(UnlistedOperations.Name) ? [new LimitableAction(UnlistedOperations.Name, "*", "", Changes: true, Weight: 1)] : Array.Empty<LimitableAction>(),
    ];
}
