using Gateway.Policy.Evaluation;

namespace Gateway.Policy;

/// <summary>
/// The attributes of the thing an action is asked of (<c>project_id</c>, <c>user_id</c>, …). Keys are flat: a rule's <c>%(a.b)s</c> looks up the one
/// key <c>a.b</c>.
/// </summary>
public sealed class TargetAttributes
{
    private readonly Dictionary<string, object?> _attributes;

    /// <param name="values">Values of the kinds named at <see cref="Credentials"/>.</param>
    /// <exception cref="ArgumentException">A value is of another type.</exception>
    public TargetAttributes(IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _attributes = AttributeValues.Copy(values);
    }

    public static TargetAttributes Empty { get; } = new(new Dictionary<string, object?>());

    public IReadOnlyDictionary<string, object?> Values => _attributes;

    internal bool TryGet(string name, out object? value) => _attributes.TryGetValue(name, out value);
}
