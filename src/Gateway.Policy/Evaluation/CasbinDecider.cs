namespace Gateway.Policy.Evaluation;

/// <summary>One reading of all rules of a policy, as rows, and the engine that decides by them.</summary>
internal sealed class CasbinDecider
{
    private readonly CasbinEngine _engine;
    private readonly bool _isShared;

    /// <summary>With an engine of its own, for every action.</summary>
    public CasbinDecider(RuleTable table, RowReading reading)
    {
        Rows = [.. new CasbinRows(table, reading).Write()];
        _engine = new CasbinEngine(reading, Rows);
    }

    /// <summary>For one action, on an engine that others are given in turn.</summary>
    public CasbinDecider(RuleTable table, RowReading reading, string action, CasbinEngine shared)
    {
        Rows = [.. new CasbinRows(table, reading, inParts: true).Write(action)];
        _engine = shared;
        _isShared = true;
    }

    public IReadOnlyList<CasbinRow> Rows { get; }

    /// <summary>The row of a rule, or of the default rule for actions without one.</summary>
    public static string ActOf(EffectiveRule rule, string action) => rule.Name == action ? rule.Act : CasbinRows.FallbackAct;

    /// <summary>What the engine answers; whether it counts is in the frame (<see cref="CheckFrame.Error"/>).</summary>
    public bool Enforce(CheckFrame frame, string act)
    {
        if (_isShared) _engine.Use(Rows);
        return _engine.Enforce(frame, act);
    }
}
