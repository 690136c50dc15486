using System.Collections.Frozen;
using System.Text.Json;

namespace Gateway.Actions;

/// <summary>What was wrong with a body: where, the value, and why, in the words of Nova's own messages.</summary>
/// <param name="Field">The member or item.</param>
/// <param name="Value">Its value.</param>
/// <param name="Reason">What it is not.</param>
/// <param name="IsName">Nova words faults of names differently.</param>
/// <param name="Hidden">The value is a secret, or stands within one.</param>
internal sealed record SchemaFault(string Field, JsonElement Value, string Reason, bool IsName, bool Hidden)
{
    /// <summary>Nova's whole message.</summary>
    public string Message(FrozenSet<string> secrets)
    {
        if (IsName)
            return $"An invalid 'name' value was provided. The name must be: {Reason}";

        var value = Hidden ? "***" : PythonText.Str(Value, secrets);
        return $"Invalid input for field/attribute {Field}. Value: {value}. {Reason}";
    }
}

/// <summary>
/// A compiled JSON Schema over the closed set of keywords the catalogue uses. Keywords are tried in the order they are written,
/// and the first that fails is reported, as Nova does.
/// </summary>
internal sealed class BodySchema
{
    private readonly SchemaCheck[] _checks;

    public BodySchema(SchemaCheck[] checks) => _checks = checks;

    /// <summary>Accepts every value.</summary>
    public static BodySchema Anything { get; } = new([]);

    /// <summary>Looks at a value.</summary>
    /// <param name="value">The value under the action's key.</param>
    /// <param name="field">The action's key.</param>
    /// <param name="secrets">Names whose values must not appear in the message.</param>
    /// <param name="ignoreUnknown">Members the schema does not know are let pass, as `/v2` does.</param>
    /// <returns>The first fault, null when there is none.</returns>
    public SchemaFault? Validate(JsonElement value, string field, FrozenSet<string> secrets, bool ignoreUnknown)
    {
        var visit = new SchemaVisit(field, secrets, ignoreUnknown);
        return Accepts(value, visit) ? null : visit.Fault;
    }

    internal bool Accepts(JsonElement value, SchemaVisit visit)
    {
        foreach (var check in _checks)
        {
            if (!check.Accepts(value, visit))
                return false;
        }

        return true;
    }
}

/// <summary>One validation under way: where it stands and the first fault found.</summary>
internal sealed class SchemaVisit(string action, FrozenSet<string> secrets, bool ignoreUnknown)
{
    // Members and items from the action's value down to where the visit stands. Whether one of them is secret is asked only when something is wrong.
    private readonly List<string> _path = [];

    public bool IgnoreUnknown { get; } = ignoreUnknown;

    public SchemaFault? Fault { get; private set; }

    // Not for the action itself: `changePassword` is no secret, its `adminPass` is.
    private bool IsHidden => SecretNames.Contains(action, secrets) || _path.Exists(name => SecretNames.Contains(name, secrets));

    /// <summary>Looks at a member or an item, whose name faults then carry.</summary>
    public bool Descend(BodySchema schema, JsonElement value, string name)
    {
        _path.Add(name);
        var accepted = schema.Accepts(value, this);
        _path.RemoveAt(_path.Count - 1);
        return accepted;
    }

    /// <summary>Looks at an alternative; its faults do not count.</summary>
    public bool Try(BodySchema schema, JsonElement value)
    {
        var accepted = schema.Accepts(value, this);
        Fault = null;
        return accepted;
    }

    public bool Fail(JsonElement value, string reason, bool isName = false)
    {
        Fault = new SchemaFault(_path.Count == 0 ? action : _path[^1], value, reason, isName, IsHidden);
        return false;
    }

    /// <summary>The value as it may be shown at this place.</summary>
    public string Show(JsonElement value) => IsHidden ? "'***'" : PythonText.Repr(value, secrets);
}
