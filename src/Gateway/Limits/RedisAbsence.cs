using System.Collections.Frozen;

namespace Gateway.Limits;

/// <summary>What a limit that says nothing of it does while Redis cannot be asked: it depends on what the call would do.</summary>
internal static class RedisAbsence
{
    // They destroy, or move whole servers: better later than uncounted.
    private static readonly FrozenSet<string> Grave = FrozenSet.ToFrozenSet(
        ["rebuild", "evacuate", "forceDelete", "migrate", "os-migrateLive", "os-resetState", "resetNetwork", "injectNetworkInfo"], StringComparer.Ordinal);

    /// <param name="action">The action's name in the catalogue.</param>
    /// <param name="changes">Whether it changes something.</param>
    public static WithoutRedis Of(string action, bool changes) =>
        Grave.Contains(action) ? WithoutRedis.Deny : changes ? WithoutRedis.Local : WithoutRedis.Allow;
}
