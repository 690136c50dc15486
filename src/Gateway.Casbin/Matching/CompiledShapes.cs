using System.Collections.Concurrent;

namespace Gateway.Casbin;

/// <summary>
/// The code of every shape compiled so far, for all enforcers of the process. Compiling takes a millisecond or more, while rules differ mostly in
/// their constants: a new policy then needs little or no compiling.
/// </summary>
internal static class CompiledShapes
{
    /// <summary>Shapes come from policy text, so their number is bounded; beyond it everything is forgotten, and enforcers keep what they use.</summary>
    private const int Most = 4096;

    // A pure memo: what it holds is the same whoever asked first, so sharing it over the process changes nothing but time.
    private static readonly ConcurrentDictionary<string, RowMatcher> Known = new(StringComparer.Ordinal);

    private static int _count;

    public static RowMatcher Find(string shape, Bound bound)
    {
        if (Known.TryGetValue(shape, out var compiled))
            return compiled;
        compiled = MatcherEmitter.Compile(bound);
        if (Interlocked.Increment(ref _count) > Most)
        {
            Known.Clear();
            Interlocked.Exchange(ref _count, 1);
        }

        Known.TryAdd(shape, compiled);
        return compiled;
    }
}
