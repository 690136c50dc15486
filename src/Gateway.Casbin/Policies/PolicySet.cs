using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>The rows of a policy in order, without duplicates. Immutable: a change gives a new set.</summary>
public sealed class PolicySet
{
    private readonly ImmutableDictionary<string, ImmutableArray<PolicyRow>> _byType;
    private readonly ImmutableHashSet<PolicyRow> _all;

    private PolicySet(ImmutableDictionary<string, ImmutableArray<PolicyRow>> byType, ImmutableHashSet<PolicyRow> all)
    {
        _byType = byType;
        _all = all;
    }

    public static PolicySet Empty { get; } = new(ImmutableDictionary.Create<string, ImmutableArray<PolicyRow>>(StringComparer.Ordinal), []);

    public int Count => _all.Count;

    /// <summary>All rows, type by type, `p` before `g`.</summary>
    public IEnumerable<PolicyRow> All => _byType
        .OrderByDescending(pair => pair.Key[0])
        .ThenBy(pair => pair.Key.Length)
        .ThenBy(pair => pair.Key, StringComparer.Ordinal)
        .SelectMany(pair => pair.Value);

    public ImmutableArray<PolicyRow> OfType(string policyType) => _byType.GetValueOrDefault(policyType, []);

    public bool Contains(PolicyRow row) => _all.Contains(row);

    /// <summary>With these rows at the end; rows it already has are left where they are.</summary>
    public PolicySet With(IEnumerable<PolicyRow> rows)
    {
        var all = _all.ToBuilder();
        var byType = _byType.ToBuilder();
        foreach (var added in rows.Where(all.Add).GroupBy(row => row.PolicyType, StringComparer.Ordinal).ToList())
            byType[added.Key] = byType.TryGetValue(added.Key, out var before) ? before.AddRange(added) : [.. added];
        return all.Count == _all.Count ? this : new PolicySet(byType.ToImmutable(), all.ToImmutable());
    }

    public PolicySet With(params PolicyRow[] rows) => With(rows.AsEnumerable());

    public PolicySet Without(IEnumerable<PolicyRow> rows)
    {
        var removed = rows.Where(_all.Contains).ToHashSet();
        if (removed.Count == 0)
            return this;
        var byType = _byType.ToBuilder();
        foreach (var policyType in removed.Select(row => row.PolicyType).Distinct(StringComparer.Ordinal))
            byType[policyType] = byType[policyType].RemoveAll(removed.Contains);
        return new PolicySet(byType.ToImmutable(), _all.Except(removed));
    }

    public PolicySet Without(params PolicyRow[] rows) => Without(rows.AsEnumerable());

    /// <summary>With one row in another's place; unchanged when the old one is not there, or the new one already is.</summary>
    public PolicySet Replacing(PolicyRow old, PolicyRow row)
    {
        if (!_all.Contains(old) || _all.Contains(row) || old.PolicyType != row.PolicyType)
            return this;
        return new PolicySet(
            _byType.SetItem(old.PolicyType, _byType[old.PolicyType].Replace(old, row)),
            _all.Remove(old).Add(row));
    }
}
