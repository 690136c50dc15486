namespace Gateway.Policy.Testing;

/// <summary>What a case came to.</summary>
/// <param name="Failure">What is wrong, as one line; empty when the case holds.</param>
public sealed record CaseResult(PolicyCase Case, Decision Decision, string Failure)
{
    public bool Passed => Failure.Length == 0;
}

/// <summary>Tries cases against a policy.</summary>
public static class PolicyTest
{
    /// <summary>One result a case, in their order. An action that the policy has no rule for fails, whatever is expected.</summary>
    public static IReadOnlyList<CaseResult> Run(PolicySet set, IEnumerable<PolicyCase> cases)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(cases);
        return [.. cases.Select(one => Run(set, one))];
    }

    private static CaseResult Run(PolicySet set, PolicyCase one)
    {
        var decision = set.Decide(one.Action, one.Persona.Credentials, one.Target);
        if (!set.RuleNames.Contains(one.Action)) return new CaseResult(one, decision, $"the policy has no rule `{one.Action}`{Files.Suggestion.For(one.Action, set.RuleNames)}");
        if (decision.Allowed == one.IsAllowed) return new CaseResult(one, decision, "");
        return new CaseResult(one, decision,
            $"`{one.Persona.Name}` is {Word(decision.Allowed)} on `{one.TargetName}` and should be {Word(one.IsAllowed)}: `{one.Action}` is `{decision.Rule}`{(decision.Allowed || decision.Reason == "denied" ? "" : $" ({decision.Reason})")}");
    }

    private static string Word(bool isAllowed) => isAllowed ? "allowed" : "denied";
}
