using System.Collections.Frozen;

namespace Gateway.Actions;

/// <summary>What operators say about secrets, besides the names that are secret everywhere.</summary>
/// <param name="Secrets">Further names of members whose values are removed.</param>
/// <param name="ShownMetadata">Keys of a <c>metadata</c> whose values may be kept.</param>
internal sealed record Redaction(FrozenSet<string> Secrets, FrozenSet<string> ShownMetadata)
{
    public static Redaction None { get; } = new(FrozenSet<string>.Empty, FrozenSet<string>.Empty);
}
