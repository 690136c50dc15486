using System.Collections;

namespace Gateway.Policy.Python;

/// <summary>A target that has every attribute, to see whether a template can be filled in at all.</summary>
internal sealed class AnyKey : IReadOnlyDictionary<string, object?>
{
    private const string Value = "x";

    public static AnyKey Instance { get; } = new();

    public int Count => 0;

    public IEnumerable<string> Keys => [];

    public IEnumerable<object?> Values => [];

    public object? this[string key] => Value;

    public bool ContainsKey(string key) => true;

    public bool TryGetValue(string key, out object? value)
    {
        value = Value;
        return true;
    }

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Enumerable.Empty<KeyValuePair<string, object?>>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
