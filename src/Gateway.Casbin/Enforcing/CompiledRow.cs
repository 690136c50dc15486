namespace Gateway.Casbin;

/// <summary>What a row says when it matches.</summary>
internal enum RowEffect
{
    Indeterminate,
    Allow,
    Deny,
}

/// <summary>A row that can match, and its condition apart from the equality conjuncts, which are asked first.</summary>
internal sealed class CompiledRow(PolicyRow row, RowEffect effect, int priority, RowProgram rest)
{
    private readonly RowProgram _rest = rest;

    public PolicyRow Row { get; } = row;

    public RowEffect Effect { get; } = effect;

    /// <summary>The row's `priority`, the smaller the better; 0 where the model has no such field.</summary>
    public int Priority { get; } = priority;

    /// <summary>The row as a list, ready for EnforceEx.</summary>
    public IReadOnlyList<PolicyRow> Alone { get; } = [row];

    /// <param name="frame">The request.</param>
    /// <param name="conjuncts">What is still to be compared; none for a row that the index has found.</param>
    public bool Matches(ref Frame frame, EqualityConjunct[] conjuncts)
    {
        foreach (var (request, policy) in conjuncts)
        {
            if (!Operators.EqualText(frame[request], Row.Values[policy]))
                return false;
        }

        return _rest.Matches(ref frame);
    }
}
