namespace Gateway.Casbin;

/// <summary>Everything one decision needs for one choice of r, p, e and m: rows in order, compiled and indexed. Immutable.</summary>
internal sealed class DecisionView
{
    private static readonly IReadOnlyList<PolicyRow> Nothing = [];

    private readonly int _requestFields;
    private readonly PolicyEffect _effect;
    private readonly CompiledRow[] _rows;
    private readonly EqualityConjunct[] _conjuncts;
    private readonly RowIndex? _index;

    /// <summary>Set when the matcher is evaluated once, without any row.</summary>
    private readonly RowProgram? _alone;

    private DecisionView(int requestFields, PolicyEffect effect, CompiledRow[] rows, EqualityConjunct[] conjuncts, RowProgram? alone)
    {
        _requestFields = requestFields;
        _effect = effect;
        _rows = rows;
        _conjuncts = conjuncts;
        _index = conjuncts.Length == 0 || rows.Length < 2 ? null : new RowIndex(conjuncts, rows);
        _alone = alone;
    }

    public static DecisionView OverRows(int requestFields, PolicyEffect effect, CompiledRow[] ordered, EqualityConjunct[] conjuncts) =>
        new(requestFields, effect, ordered, conjuncts, null);

    /// <summary>For a matcher without any row: it is evaluated once, and `true` counts as a row that allows.</summary>
    public static DecisionView WithoutRows(int requestFields, PolicyEffect effect, RowProgram? matcher) =>
        new(requestFields, effect, [], [], matcher);

    public bool Decide(ref Frame frame, int given, out IReadOnlyList<PolicyRow> explanation)
    {
        var allowed = Decide(ref frame, given, out CompiledRow? deciding);
        explanation = deciding?.Alone ?? Nothing;
        return allowed;
    }

    public bool Decide(ref Frame frame, int given, out CompiledRow? deciding)
    {
        if (given != _requestFields)
            throw new CasbinException($"the request has {given} values; the model's request definition has {_requestFields}");
        if (_alone is { } alone)
        {
            deciding = null;
            return alone.Matches(ref frame) || _effect == PolicyEffect.DenyOverride;
        }

        ReadOnlySpan<CompiledRow> rows = default;

        // What the index has compared already need not be compared again.
        var conjuncts = _conjuncts;
        if (_index is not null && _index.TryFind(in frame, out rows))
            conjuncts = [];
        else
            rows = _rows;
        return _effect switch
        {
            PolicyEffect.AllowOverride => AllowOverride(ref frame, rows, conjuncts, out deciding),
            PolicyEffect.DenyOverride => DenyOverride(ref frame, rows, conjuncts, out deciding),
            PolicyEffect.AllowAndDeny => AllowAndDeny(ref frame, rows, conjuncts, out deciding),
            PolicyEffect.PriorityDenyOverride => PriorityDenyOverride(ref frame, rows, conjuncts, out deciding),
            _ => FirstDecides(ref frame, rows, conjuncts, out deciding),
        };
    }

    private static bool AllowOverride(ref Frame frame, ReadOnlySpan<CompiledRow> rows, EqualityConjunct[] conjuncts, out CompiledRow? deciding)
    {
        foreach (var row in rows)
        {
            // A row that cannot allow cannot change the answer.
            if (row.Effect == RowEffect.Allow && row.Matches(ref frame, conjuncts))
            {
                deciding = row;
                return true;
            }
        }

        deciding = null;
        return false;
    }

    private static bool DenyOverride(ref Frame frame, ReadOnlySpan<CompiledRow> rows, EqualityConjunct[] conjuncts, out CompiledRow? deciding)
    {
        foreach (var row in rows)
        {
            if (row.Effect == RowEffect.Deny && row.Matches(ref frame, conjuncts))
            {
                deciding = row;
                return false;
            }
        }

        deciding = null;
        return true;
    }

    /// <summary>Explained by the row that denies, otherwise by the last that allows.</summary>
    private static bool AllowAndDeny(ref Frame frame, ReadOnlySpan<CompiledRow> rows, EqualityConjunct[] conjuncts, out CompiledRow? deciding)
    {
        deciding = null;
        foreach (var row in rows)
        {
            if (row.Effect == RowEffect.Indeterminate || !row.Matches(ref frame, conjuncts))
                continue;
            deciding = row;
            if (row.Effect == RowEffect.Deny)
                return false;
        }

        return deciding is not null;
    }

    private static bool FirstDecides(ref Frame frame, ReadOnlySpan<CompiledRow> rows, EqualityConjunct[] conjuncts, out CompiledRow? deciding)
    {
        foreach (var row in rows)
        {
            if (row.Effect != RowEffect.Indeterminate && row.Matches(ref frame, conjuncts))
            {
                deciding = row;
                return row.Effect == RowEffect.Allow;
            }
        }

        deciding = null;
        return false;
    }

    private static bool PriorityDenyOverride(ref Frame frame, ReadOnlySpan<CompiledRow> rows, EqualityConjunct[] conjuncts, out CompiledRow? deciding)
    {
        deciding = null;
        foreach (var row in rows)
        {
            // INVARIANT: rows are ordered by priority, so the first of another priority ends the deciding group.
            if (deciding is not null && deciding.Priority != row.Priority)
                break;
            if (row.Effect == RowEffect.Indeterminate || !row.Matches(ref frame, conjuncts))
                continue;
            if (row.Effect == RowEffect.Deny)
            {
                deciding = row;
                return false;
            }

            deciding ??= row;
        }

        return deciding is not null;
    }
}
