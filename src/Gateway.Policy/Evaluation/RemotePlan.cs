namespace Gateway.Policy.Evaluation;

/// <summary><c>http:URL</c> and <c>https:URL</c>: another service is asked, and answers exactly <c>True</c> or the check is false.</summary>
internal sealed class RemotePlan(string kind, string match) : AtomPlan
{
    private readonly Template _template = new(kind + ":" + match);

    public override Template Template => _template;

    /// <summary>Whether a missing target attribute can raise, which a <c>rule:</c> above would turn into false.</summary>
    public bool CanMissTarget => _template.Constant is null;

    public override Outcome Evaluate(CheckFrame frame)
    {
        var outcome = _template.Format(frame.Target, out var url, out _);
        // The original does not guard the formatting of the address: a missing attribute raises.
        if (outcome == Outcome.MissingTarget) return Outcome.KeyError;
        return outcome == Outcome.True ? frame.Policy.Remote.Ask(url, frame) : outcome;
    }

    // Nothing is asked before the target is known.
    public override int Possible(CheckFrame frame) =>
        Only(Outcome.True) | Only(Outcome.False) | Only(Outcome.RemoteFault) | Only(Outcome.KeyError) | AttributePlan.TemplateFaults(_template);
}
