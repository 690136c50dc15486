using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gateway.Actions;

/// <summary>What was wrong with a body: where, the value, and why, in the words of Nova's own messages.</summary>
/// <param name="Field">The member or item.</param>
/// <param name="Value">Its value.</param>
/// <param name="Reason">What it is not.</param>
/// <param name="IsName">Nova words faults of names differently.</param>
/// <param name="Hidden">The value is a secret, or stands within one.</param>
internal sealed record SchemaFault(string Field, BodyValue Value, string Reason, bool IsName, bool Hidden)
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
    /// <param name="further">Further names whose values must not appear, of operators.</param>
    /// <returns>Nova's message for the first fault, null when there is none.</returns>
    public string? Validate(BodyValue value, string field, FrozenSet<string> secrets, bool ignoreUnknown, FrozenSet<string>? further = null)
    {
        // Nearly every body is in order; where it is not, a second visit finds out what to say.
        if (Accepts(value, ignoreUnknown ? SchemaVisit.QuietCompatible : SchemaVisit.Quiet)) return null;
        if (further is { Count: > 0 }) secrets = secrets.Union(further, StringComparer.Ordinal).ToFrozenSet(StringComparer.Ordinal);
        var visit = new SchemaVisit(field, secrets, ignoreUnknown);
        return Accepts(value, visit) ? throw new InvalidOperationException($"the schema of {field} gives two answers") : visit.Fault!.Message(secrets);
    }

    internal bool Accepts(BodyValue value, SchemaVisit visit)
    {
        foreach (var check in _checks)
        {
            if (!check.Accepts(value, visit))
                return false;
        }

        return true;
    }
}

/// <summary>One validation under way: where it stands and the first fault found. A quiet one only answers yes or no.</summary>
internal sealed class SchemaVisit
{
    /// <summary>Keeps nothing, so that all validations share it.</summary>
    public static readonly SchemaVisit Quiet = new(ignoreUnknown: false);

    /// <inheritdoc cref="Quiet"/>
    public static readonly SchemaVisit QuietCompatible = new(ignoreUnknown: true);

    private readonly string _action = string.Empty;
    private readonly FrozenSet<string> _secrets = FrozenSet<string>.Empty;

    // Members and items from the action's value down to where the visit stands. Whether one of them is secret is asked only when something is wrong.
    private readonly List<string>? _path;

    public SchemaVisit(string action, FrozenSet<string> secrets, bool ignoreUnknown)
        : this(ignoreUnknown) => (_action, _secrets, _path) = (action, secrets, []);

    private SchemaVisit(bool ignoreUnknown) => IgnoreUnknown = ignoreUnknown;

    public bool IgnoreUnknown { get; }

    /// <summary>Nobody will read what is wrong.</summary>
    public bool IsQuiet => _path is null;

    public SchemaFault? Fault { get; private set; }

    // The action's own name counts too: nothing below `changePassword` is shown, whatever its members are called.
    private bool IsHidden => SecretNames.Contains(_action, _secrets) || _path!.Exists(name => SecretNames.Contains(name, _secrets));

    /// <summary>Looks at a member, whose name faults then carry.</summary>
    public bool Descend(BodySchema schema, BodyValue value, string name)
    {
        if (_path is null) return schema.Accepts(value, this);
        _path.Add(name);
        var accepted = schema.Accepts(value, this);
        _path.RemoveAt(_path.Count - 1);
        return accepted;
    }

    /// <summary>Looks at a member whose name the schema does not say.</summary>
    public bool Descend(BodySchema schema, BodyMember member) =>
        _path is null ? schema.Accepts(member.Value, this) : Descend(schema, member.Value, member.Name);

    /// <summary>Looks at an item.</summary>
    public bool Descend(BodySchema schema, BodyValue value, int index) =>
        _path is null ? schema.Accepts(value, this) : Descend(schema, value, index.ToString(CultureInfo.InvariantCulture));

    /// <summary>Looks at an alternative; its faults do not count.</summary>
    public bool Try(BodySchema schema, BodyValue value)
    {
        if (_path is null) return schema.Accepts(value, this);
        var accepted = schema.Accepts(value, this);
        Fault = null;
        return accepted;
    }

    /// <param name="value">The value at fault.</param>
    /// <param name="reason">Says what it is not; asked for only when somebody will read it.</param>
    /// <param name="isName">Nova words faults of names differently.</param>
    public bool Fail(BodyValue value, [InterpolatedStringHandlerArgument("")] Reason reason, bool isName = false)
    {
        if (_path is null) return false;
        Fault = new SchemaFault(_path.Count == 0 ? _action : _path[^1], value, reason.ToString(), isName, IsHidden);
        return false;
    }

    /// <summary>The value as it may be shown at this place.</summary>
    public string Show(BodyValue value) => IsHidden ? "'***'" : PythonText.Repr(value, _secrets);

    /// <summary>What is wrong, put into words only when the visit is not a quiet one.</summary>
    [InterpolatedStringHandler]
    internal readonly struct Reason
    {
        private readonly StringBuilder? _text;

        public Reason(int literalLength, int formattedCount, SchemaVisit visit, out bool isWanted)
        {
            isWanted = !visit.IsQuiet;
            _text = isWanted ? new StringBuilder(literalLength + (16 * formattedCount)) : null;
        }

        public void AppendLiteral(string text) => _text?.Append(text);

        public void AppendFormatted(string text) => _text?.Append(text);

        public void AppendFormatted(long number) => _text?.Append(CultureInfo.InvariantCulture, $"{number}");

        public override string ToString() => _text?.ToString() ?? string.Empty;
    }
}
