using Gateway.Policy.Evaluation;
using Gateway.Policy.Python;

namespace Gateway.Policy;

/// <summary>
/// The attributes of the caller, under oslo.context's names (<c>user_id</c>, <c>project_id</c>, <c>roles</c>, <c>system_scope</c>, …). What
/// every decision needs (lower-cased roles, the token's scope) is computed once here, so that one object should serve all decisions of a request.
/// </summary>
public sealed class Credentials
{
    private readonly Dictionary<string, object?> _attributes;
    private AdminFlag? _adminFlag;

    /// <param name="values">
    /// Strings, booleans, integers, floats, null, lists (<see cref="IReadOnlyList{T}"/> of <see cref="object"/>) and mappings of those.
    /// </param>
    /// <exception cref="ArgumentException">A value is of another type.</exception>
    public Credentials(IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        _attributes = AttributeValues.Copy(values);
        Values = values;
        // The original copies a truthy `system_scope` to `system` before it decides.
        if (_attributes.TryGetValue("system_scope", out var scope) && PythonText.IsTrue(scope)) _attributes["system"] = scope;
        Scope = IsTrue("system") ? TokenScope.System : IsTrue("domain_id") ? TokenScope.Domain : TokenScope.Project;
        Roles = ReadRoles(out var rolesFault);
        RolesFault = rolesFault;
        AdminFlag = _attributes.TryGetValue("is_admin", out var flag) && flag is not null ? flag : null;
    }

    public IReadOnlyDictionary<string, object?> Values { get; }

    internal TokenScope Scope { get; }

    /// <summary>The role names, lower-cased; empty when <see cref="RolesFault"/> tells why there are none.</summary>
    internal string[] Roles { get; }

    /// <summary><see cref="Outcome.True"/> when a role check can be answered, <see cref="Outcome.False"/> without roles, or the original's error.</summary>
    internal Outcome RolesFault { get; }

    /// <summary>The caller's own <c>is_admin</c>, null when the policy has to compute it.</summary>
    internal object? AdminFlag { get; }

    /// <summary>The same caller with <c>is_admin</c> given, so that the policy does not compute it.</summary>
    public Credentials WithAdminFlag(bool isAdmin) => new(new Dictionary<string, object?>(Values, StringComparer.Ordinal) { ["is_admin"] = isAdmin });

    internal IReadOnlyDictionary<string, object?> Attributes => _attributes;

    internal bool TryGet(string name, out object? value) => _attributes.TryGetValue(name, out value);

    /// <summary>What <paramref name="policy"/> found for <c>is_admin</c>, kept so that it is computed once per caller and revision.</summary>
    internal AdminFlag? KnownAdminFlag(PolicySet policy) => _adminFlag is { } known && ReferenceEquals(known.Policy, policy) ? known : null;

    // A race stores the same answer twice; the reference is written atomically.
    internal AdminFlag Remember(AdminFlag flag) => _adminFlag = flag;

    private bool IsTrue(string name) => _attributes.TryGetValue(name, out var value) && PythonText.IsTrue(value);

    private string[] ReadRoles(out Outcome fault)
    {
        fault = Outcome.False;
        if (!_attributes.TryGetValue("roles", out var roles)) return [];
        fault = Outcome.True;
        switch (roles)
        {
            case string text:
                return [.. PythonText.Codepoints(text).Select(rune => PythonText.Lower(rune is >= 0xd800 and <= 0xdfff ? ((char)rune).ToString() : char.ConvertFromUtf32(rune)))];
            case IReadOnlyDictionary<string, object?> map:
                return [.. map.Keys.Select(PythonText.Lower)];
            case IReadOnlyList<object?> list when list.All(role => role is string):
                return [.. list.Select(role => PythonText.Lower((string)role!))];
            case IReadOnlyList<object?>:
                fault = Outcome.AttributeError;
                return [];
            default:
                fault = Outcome.TypeError;
                return [];
        }
    }
}

/// <summary>What a policy computed for a caller's <c>is_admin</c>.</summary>
/// <param name="Outcome">True, False, or the error that computing it ended in.</param>
internal sealed record AdminFlag(PolicySet? Policy, Outcome Outcome)
{
    /// <summary>What a rule for the flag itself sees.</summary>
    public static AdminFlag NotYet { get; } = new(null, Outcome.UndefinedRule);

    public bool IsKnown => !ReferenceEquals(this, NotYet);
}

internal enum TokenScope
{
    System,
    Domain,
    Project,
}
