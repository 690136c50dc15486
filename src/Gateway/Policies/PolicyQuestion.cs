using Gateway.Policy;

namespace Gateway.Policies;

/// <summary>What the rules were asked about one call, and what they answered: enough to ask them again.</summary>
/// <param name="Rules">The revision that answered.</param>
/// <param name="Caller">The caller, as the rules saw him.</param>
internal sealed record PolicyQuestion(PolicySet Rules, Credentials Caller)
{
    /// <summary>The target, as the rules saw it; null when it was not looked up, because no answer depended on it.</summary>
    public TargetAttributes? Target { get; init; }

    /// <summary>An answer for each rule that guards the call, in order.</summary>
    public List<Decision> Answers { get; } = [];

    /// <summary>What the call comes to: the first denial, or else the last answer; null when no rule was asked.</summary>
    public Decision? Decision
    {
        get
        {
            foreach (var answer in Answers)
                if (!answer.Allowed) return answer;
            return Answers.Count == 0 ? null : Answers[^1];
        }
    }

    /// <summary>Asks one more rule.</summary>
    public Decision Ask(string rule)
    {
        var decision = Rules.Decide(rule, Caller, Target ?? TargetAttributes.Empty);
        Answers.Add(decision);
        return decision;
    }
}
