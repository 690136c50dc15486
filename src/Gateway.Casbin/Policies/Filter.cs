namespace Gateway.Casbin;

/// <summary>
/// Which rows of a policy to load: for each policy type the wanted field values from the first field on, an empty value for any. Types that
/// are not mentioned are loaded whole.
/// </summary>
public sealed class Filter
{
    private readonly Dictionary<string, IReadOnlyList<string>> _byType = new(StringComparer.Ordinal);

    /// <summary>Wanted values of `p` rows.</summary>
    public IReadOnlyList<string> P { init => _byType["p"] = value; }

    /// <summary>Wanted values of `g` rows.</summary>
    public IReadOnlyList<string> G { init => _byType["g"] = value; }

    /// <summary>Adds wanted values for another type, such as `p2`.</summary>
    public Filter For(string policyType, params string[] values)
    {
        _byType.Add(policyType, values);
        return this;
    }

    public bool Includes(PolicyRow row)
    {
        if (!_byType.TryGetValue(row.PolicyType, out var wanted))
            return true;
        for (var i = 0; i < wanted.Count; i++)
        {
            if (wanted[i].Length > 0 && (i >= row.Values.Length || row.Values[i] != wanted[i]))
                return false;
        }

        return true;
    }
}
