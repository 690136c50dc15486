using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>One line of a policy: its type (<c>p</c>, <c>p2</c>, <c>g</c>, ...), its fields, and where it was read.</summary>
/// <param name="PolicyType">The row's first column.</param>
/// <param name="Values">The fields after the type.</param>
/// <param name="File">The file, or another name for the source.</param>
/// <param name="Line">The line in it, counted from 1; 0 for a row that came from no file.</param>
public sealed record PolicyRow(string PolicyType, ImmutableArray<string> Values, string File = "policy", int Line = 0)
{
    public PolicyRow(string policyType, params IEnumerable<string> values) : this(policyType, [.. values])
    {
    }

    internal string Place => Line == 0 ? File : $"{File}:{Line}";

    /// <summary>Rows are the same when type and fields are; where they were read does not matter.</summary>
    public bool Equals(PolicyRow? other) =>
        ReferenceEquals(this, other)
        || (other is not null && PolicyType == other.PolicyType && Values.AsSpan().SequenceEqual(other.Values.AsSpan()));

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(PolicyType, StringComparer.Ordinal);
        foreach (var value in Values)
            hash.Add(value, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    /// <summary>The row as a line of a policy file.</summary>
    public override string ToString() => PolicyCsv.Format(this);
}
