using System.Numerics;
using Gateway.Policy.Python;

namespace Gateway.Policy.Tests;

/// <summary>Writes what the generators build as the JSON both engines read, floats staying floats.</summary>
internal static class Json
{
    public static string Dump(object? value) => PythonJson.Dump(Normal(value));

    public static Dictionary<string, object?> Map(params ReadOnlySpan<(string Name, object? Value)> members)
    {
        var map = new Dictionary<string, object?>();
        foreach (var (name, value) in members) map[name] = value;
        return map;
    }

    private static object? Normal(object? value) => value switch
    {
        int number => (long)number,
        decimal number => new BigInteger(number),
        IReadOnlyDictionary<string, object?> map => map.ToDictionary(pair => pair.Key, pair => Normal(pair.Value)),
        string or null => value,
        IEnumerable<object?> list => list.Select(Normal).ToArray(),
        _ => value,
    };
}
