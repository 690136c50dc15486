using System.Text.Json;
using Gateway.Audit;
using Gateway.Policy;
using Gateway.Policy.Files;

namespace Gateway.Cli;

/// <summary>What came of asking a recorded question again.</summary>
/// <param name="Before">What was answered.</param>
/// <param name="After">What the candidate answers.</param>
/// <param name="Rule">The rule that decided for the candidate.</param>
/// <param name="Code">Why, as one stable word.</param>
/// <param name="Unanswered">Why it could not be asked; null when it was.</param>
internal sealed record ReplayedDecision(bool Before, bool After, string Rule, string Code, string? Unanswered = null)
{
    public bool IsTheSame => Unanswered is null && Before == After;

    public static ReplayedDecision None(string why) => new(false, false, "", "", why);
}

/// <summary>Asks a policy what the record says that other rules were asked. A call is allowed when every rule it meets allows it.</summary>
internal sealed class RecordedDecisions(PolicySet candidate)
{
    public ReplayedDecision Ask(AuditEvent e)
    {
        if (e.Decision is not { } decision) return ReplayedDecision.None($"refused before the rules were asked ({e.Reason?.Code ?? "no reason"})");
        if (decision.Caller?.Element is not { ValueKind: JsonValueKind.Object } callerJson) return ReplayedDecision.None("the event does not say what the decision read");
        var caller = new Credentials(JsonValues.Mapping(callerJson));
        var before = decision.Allowed;

        var rules = decision.Asked.Count > 0 ? decision.Asked.Select(asked => asked.Rule).ToArray() : [decision.Rule];
        foreach (var rule in rules)
        {
            if (!candidate.RuleNames.Contains(rule)) return ReplayedDecision.None($"the candidate has no rule `{rule}`");
            if (decision.Target?.Element is { ValueKind: JsonValueKind.Object } targetJson)
            {
                var answer = candidate.Decide(rule, caller, new TargetAttributes(JsonValues.Mapping(targetJson)));
                if (answer.Reason.StartsWith("check_error:RemoteFault", StringComparison.Ordinal)) return ReplayedDecision.None($"rule `{rule}` asks a service that did not answer");
                if (!answer.Allowed) return new ReplayedDecision(before, After: false, rule, answer.Reason);
                continue;
            }

            switch (candidate.Foresee(rule, caller))
            {
                case Foresight.Denied: return new ReplayedDecision(before, After: false, rule, "denied");
                case Foresight.DependsOnTarget: return ReplayedDecision.None("the target was not looked up then, and the candidate's answer depends on it");
            }
        }

        return new ReplayedDecision(before, After: true, rules[^1], "allowed");
    }
}
