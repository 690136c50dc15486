using System.Collections.Frozen;

namespace Gateway.Limits;

/// <summary>What a limit that says nothing of it does while Redis cannot be asked: it depends on what the call would do.</summary>
internal static class RedisAbsence
{
    // They destroy, or move whole servers: better later than uncounted.
    private static readonly FrozenSet<string> Grave = FrozenSet.ToFrozenSet(
        ["rebuild", "evacuate", "forceDelete", "migrate", "os-migrateLive", "os-resetState", "resetNetwork", "injectNetworkInfo"], StringComparer.Ordinal);

    /// <param name="counts">Denied calls are counted here whatever they would have done: they are over, and others are not to suffer for them.</param>
    /// <param name="action">The action's name in the catalogue.</param>
    /// <param name="changes">Whether it changes something.</param>
    public static WithoutRedis Of(LimitCounts counts, string action, bool changes) =>
        counts == LimitCounts.Denials ? WithoutRedis.Local : Grave.Contains(action) ? WithoutRedis.Deny : changes ? WithoutRedis.Local : WithoutRedis.Allow;
}
