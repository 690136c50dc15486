using System.Collections;
using System.Numerics;

namespace Gateway.Policy.Evaluation;

/// <summary>Brings the values callers hand in to the few types the checks compare.</summary>
internal static class AttributeValues
{
    private const int MaxDepth = 64;

    public static Dictionary<string, object?> Copy(IReadOnlyDictionary<string, object?> values) => CopyMap(values, 0);

    private static Dictionary<string, object?> CopyMap(IEnumerable<KeyValuePair<string, object?>> values, int depth)
    {
        // Room for `system`, which is added to a caller's own attributes.
        var copy = new Dictionary<string, object?>(values is IReadOnlyCollection<KeyValuePair<string, object?>> known ? known.Count + 1 : 8, StringComparer.Ordinal);
        foreach (var (key, value) in values) copy[key] = Normal(value, depth, key);
        return copy;
    }

    private static object? Normal(object? value, int depth, string key) => value switch
    {
        null or string or bool or long or double or BigInteger => value,
        int number => (long)number,
        uint or short or ushort or byte or sbyte => Convert.ToInt64(value),
        ulong number => number <= long.MaxValue ? (long)number : (BigInteger)number,
        float number => (double)number,
        Guid guid => guid.ToString(),
        _ when depth >= MaxDepth => throw new ArgumentException($"`{key}`: nested more than {MaxDepth} levels deep", nameof(value)),
        IEnumerable<KeyValuePair<string, object?>> map => CopyMap(map, depth + 1),
        IEnumerable list => list.Cast<object?>().Select(item => Normal(item, depth + 1, key)).ToArray(),
        _ => throw new ArgumentException($"`{key}`: a `{value.GetType()}` is not a value that rules can compare", nameof(value)),
    };
}
