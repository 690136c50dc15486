namespace Gateway.Casbin;

/// <summary>What a row says when it matches.</summary>
internal enum RowEffect
{
    Indeterminate,
    Allow,
    Deny,
}

/// <summary>A row that can match: the whole condition, and what is left of it once the index has found the row.</summary>
internal sealed class CompiledRow(PolicyRow row, RowEffect effect, int priority, RowProgram whole, RowProgram indexed)
{
    private readonly RowProgram _whole = whole;
    private readonly RowProgram _indexed = indexed;

    public PolicyRow Row { get; } = row;

    public RowEffect Effect { get; } = effect;

    /// <summary>The row's `priority`, the smaller the better; 0 where the model has no such field.</summary>
    public int Priority { get; } = priority;

    /// <summary>The row as a list, ready for EnforceEx.</summary>
    public IReadOnlyList<PolicyRow> Alone { get; } = [row];

    public bool Matches(ref Frame frame) => _whole.Matches(ref frame);

    public bool MatchesIndexed(ref Frame frame) => _indexed.Matches(ref frame);
}
