namespace Gateway.Policy.Evaluation;

/// <summary>
/// What one decision carries through its checks, and what they leave behind. One per thread, reused: it is what the rows of the Casbin model
/// know as <c>r.creds</c>.
/// </summary>
internal sealed class CheckFrame
{
    // One frame per thread keeps the decision free of allocation and of sharing; nothing outlives a decision in it but the object itself.
    [ThreadStatic]
    private static CheckFrame? _current;

    private const int MaxCalls = 100_000;

    private int _calls;

    public PolicySet Policy { get; private set; } = null!;

    public Credentials Credentials { get; private set; } = null!;

    public TargetAttributes Target { get; private set; } = null!;

    /// <summary>The action asked for, which remote checks send along.</summary>
    public string Action { get; private set; } = "";

    /// <summary>The first error; from then on every check answers false and the decision is a denial.</summary>
    public Outcome Error { get; set; }

    /// <summary>The first check that was not determined, for the strict semantics.</summary>
    public Outcome Undetermined { get; set; }

    public bool ScopeMismatch { get; set; }

    /// <summary>How many <c>rule:</c> checks that were not inlined are being evaluated, one inside the other.</summary>
    public int Depth { get; set; }

    /// <summary>
    /// Counts a call from one row or rule to another. Rules that refer to each other twice at every step are answered in a time that doubles with each;
    /// the original goes on for ever, here it ends as an error.
    /// </summary>
    public bool MayCall()
    {
        if (++_calls <= MaxCalls) return true;
        Error = Outcome.RecursionError;
        return false;
    }

    /// <summary>The caller's admin flag while this decision lasts; null when the policy leaves <c>is_admin</c> to the credentials.</summary>
    public AdminFlag? AdminFlag { get; private set; }

    public static CheckFrame Enter(PolicySet policy, Credentials credentials, TargetAttributes target, string action, AdminFlag? adminFlag)
    {
        var frame = _current ??= new CheckFrame();
        frame.Policy = policy;
        frame.Credentials = credentials;
        frame.Target = target;
        frame.Action = action;
        frame.AdminFlag = adminFlag;
        frame.Undetermined = Outcome.False;
        frame.Reset();
        return frame;
    }

    /// <summary>Prepares the same frame for a second reading of the same decision.</summary>
    public void Reset()
    {
        Error = Outcome.False;
        ScopeMismatch = false;
        Depth = 0;
        _calls = 0;
    }

    /// <summary>Records what a check gave and returns the original's answer to it.</summary>
    public bool Settle(Outcome outcome)
    {
        if (outcome <= Outcome.True) return outcome == Outcome.True;
        if (outcome.IsError())
        {
            Error = outcome;
            return false;
        }
        if (Undetermined == Outcome.False) Undetermined = outcome;
        return outcome.IsTrue();
    }
}
