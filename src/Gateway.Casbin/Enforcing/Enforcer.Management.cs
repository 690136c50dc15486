using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <content>
/// Reading and changing the rows. Every change compiles a new snapshot and puts it in place at once, or throws and changes nothing.
/// Changes are not stored until <see cref="SavePolicy"/>.
/// </content>
public sealed partial class Enforcer
{
    /// <summary>Replaces the rows by what <paramref name="edit"/> makes of them. False when nothing changed.</summary>
    public bool ChangePolicy(Func<PolicySet, PolicySet> edit)
    {
        lock (_writing)
        {
            var before = _snapshot.Policies;
            var after = edit(before);
            if (ReferenceEquals(before, after))
                return false;
            _snapshot = _compiler.Compile(after);
        }

        _watcher?.Update();
        return true;
    }

    public ImmutableArray<PolicyRow> GetPolicy() => GetNamedPolicy("p");

    public ImmutableArray<PolicyRow> GetNamedPolicy(string policyType) => Policies.OfType(policyType);

    public ImmutableArray<PolicyRow> GetGroupingPolicy() => GetNamedPolicy("g");

    /// <summary>Rows whose fields, from this one on, have these values; an empty value stands for any.</summary>
    public ImmutableArray<PolicyRow> GetFilteredPolicy(int fieldIndex, params string[] fieldValues) => GetFilteredNamedPolicy("p", fieldIndex, fieldValues);

    public ImmutableArray<PolicyRow> GetFilteredGroupingPolicy(int fieldIndex, params string[] fieldValues) => GetFilteredNamedPolicy("g", fieldIndex, fieldValues);

    public ImmutableArray<PolicyRow> GetFilteredNamedPolicy(string policyType, int fieldIndex, params string[] fieldValues) =>
        Filtered(Policies, policyType, fieldIndex, fieldValues);

    public bool HasPolicy(params string[] values) => HasNamedPolicy("p", values);

    public bool HasGroupingPolicy(params string[] values) => HasNamedPolicy("g", values);

    public bool HasNamedPolicy(string policyType, params string[] values) => Policies.Contains(new PolicyRow(policyType, values));

    /// <summary>False when the row is there already.</summary>
    public bool AddPolicy(params string[] values) => AddNamedPolicy("p", values);

    public bool AddGroupingPolicy(params string[] values) => AddNamedPolicy("g", values);

    public bool AddNamedPolicy(string policyType, params string[] values) => AddNamedPolicies(policyType, [values]);

    public bool AddPolicies(IEnumerable<IEnumerable<string>> rows) => AddNamedPolicies("p", rows);

    public bool AddGroupingPolicies(IEnumerable<IEnumerable<string>> rows) => AddNamedPolicies("g", rows);

    /// <summary>All of the rows or none: false when one is there already.</summary>
    public bool AddNamedPolicies(string policyType, IEnumerable<IEnumerable<string>> rows)
    {
        var added = ToRows(policyType, rows);
        return ChangePolicy(policies => added.Any(policies.Contains) ? policies : policies.With(added));
    }

    /// <summary>False when the row is not there.</summary>
    public bool RemovePolicy(params string[] values) => RemoveNamedPolicy("p", values);

    public bool RemoveGroupingPolicy(params string[] values) => RemoveNamedPolicy("g", values);

    public bool RemoveNamedPolicy(string policyType, params string[] values) => RemoveNamedPolicies(policyType, [values]);

    public bool RemovePolicies(IEnumerable<IEnumerable<string>> rows) => RemoveNamedPolicies("p", rows);

    public bool RemoveGroupingPolicies(IEnumerable<IEnumerable<string>> rows) => RemoveNamedPolicies("g", rows);

    /// <summary>All of the rows or none: false when one is not there.</summary>
    public bool RemoveNamedPolicies(string policyType, IEnumerable<IEnumerable<string>> rows)
    {
        var removed = ToRows(policyType, rows);
        return ChangePolicy(policies => removed.All(policies.Contains) ? policies.Without(removed) : policies);
    }

    public bool RemoveFilteredPolicy(int fieldIndex, params string[] fieldValues) => RemoveFilteredNamedPolicy("p", fieldIndex, fieldValues);

    public bool RemoveFilteredGroupingPolicy(int fieldIndex, params string[] fieldValues) => RemoveFilteredNamedPolicy("g", fieldIndex, fieldValues);

    /// <summary>Removes the rows that <see cref="GetFilteredNamedPolicy"/> returns; false when there are none, or when no value is given.</summary>
    public bool RemoveFilteredNamedPolicy(string policyType, int fieldIndex, params string[] fieldValues)
    {
        // Without a value the filter would fit every row, which is more likely a mistake than a wish.
        if (fieldValues.All(value => value.Length == 0))
            return false;
        return ChangePolicy(policies => policies.Without(Filtered(policies, policyType, fieldIndex, fieldValues)));
    }

    /// <summary>Puts a row in another's place, in the order of rows too. False when the old one is not there or the new one already is.</summary>
    public bool UpdatePolicy(IEnumerable<string> oldValues, IEnumerable<string> newValues) => UpdateNamedPolicy("p", oldValues, newValues);

    public bool UpdateGroupingPolicy(IEnumerable<string> oldValues, IEnumerable<string> newValues) => UpdateNamedPolicy("g", oldValues, newValues);

    public bool UpdateNamedPolicy(string policyType, IEnumerable<string> oldValues, IEnumerable<string> newValues)
    {
        var old = new PolicyRow(policyType, oldValues);
        var replacement = new PolicyRow(policyType, newValues);
        return ChangePolicy(policies => policies.Replacing(old, replacement));
    }

    /// <summary>The distinct values of `p.sub`, in the order of rows.</summary>
    public IReadOnlyList<string> GetAllSubjects() => ValuesOf("p", SubjectField);

    public IReadOnlyList<string> GetAllObjects() => ValuesOf("p", FieldOf("obj", 1));

    public IReadOnlyList<string> GetAllActions() => ValuesOf("p", FieldOf("act", 2));

    /// <summary>The distinct roles of `g` rows.</summary>
    public IReadOnlyList<string> GetAllRoles() => ValuesOf("g", 1);

    private static List<PolicyRow> ToRows(string policyType, IEnumerable<IEnumerable<string>> rows) =>
        [.. rows.Select(values => new PolicyRow(policyType, values))];

    private static ImmutableArray<PolicyRow> Filtered(PolicySet policies, string policyType, int fieldIndex, string[] fieldValues) =>
        policies.OfType(policyType).Where(row => Fits(row, fieldIndex, fieldValues)).ToImmutableArray();

    private static bool Fits(PolicyRow row, int fieldIndex, string[] fieldValues)
    {
        for (var i = 0; i < fieldValues.Length; i++)
        {
            if (fieldValues[i].Length == 0)
                continue;
            var field = fieldIndex + i;
            if (field < 0 || field >= row.Values.Length || row.Values[field] != fieldValues[i])
                return false;
        }

        return true;
    }

    private IReadOnlyList<string> ValuesOf(string policyType, int field) =>
        [.. GetNamedPolicy(policyType).Where(row => field < row.Values.Length).Select(row => row.Values[field]).Distinct(StringComparer.Ordinal)];
}
