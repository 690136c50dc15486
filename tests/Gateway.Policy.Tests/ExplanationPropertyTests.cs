using Gateway.Policy.Evaluation;
using Gateway.Policy.Explaining;
using Gateway.Policy.Files;
using Gateway.Policy.Language;

namespace Gateway.Policy.Tests;

/// <summary>What is explained, and what is foreseen, against what the engine decides, over generated rules, callers and targets.</summary>
public sealed class ExplanationPropertyTests
{
    private const int Tables = 500;
    private const int AskedOfEach = 6;

    [Theory]
    [InlineData(Semantics.Oslo)]
    [InlineData(Semantics.Strict)]
    public void The_tree_and_the_foresight_agree_with_the_decision(Semantics semantics)
    {
        var generator = new Generator(20260107);
        var (foreseen, allowed) = (0, 0);
        var (original, strict) = (new CasbinEngine(RowReading.Original, []), new CasbinEngine(RowReading.Strict, []));
        for (var i = 0; i < Tables; i++)
        {
            var policy = Policy(generator.Rules(), semantics, original, strict);
            if (policy is null) continue;
            for (var asked = 0; asked < AskedOfEach; asked++)
            {
                var caller = Some.CallerWith([.. generator.Creds().Select(pair => (pair.Key, Normal(pair.Value)))]);
                var target = Some.TargetWith([.. generator.Target().Select(pair => (pair.Key, Normal(pair.Value)))]);
                var decision = policy.Decide("t", caller, target);
                if (decision.Allowed) allowed++;

                // The tree is the original's reading: what strict denies for a reason of its own holds there.
                var read = new TreeReading(policy.Table, CheckFrame.Enter(policy, caller, target, "t", adminFlag: null)).Read(policy.Table.Find("t")!, out var tree);
                var isError = decision.Reason.StartsWith("check_error:", StringComparison.Ordinal);
                if (isError) Assert.Equal(decision.Reason, read.Reason());
                else Assert.Equal(decision.Allowed || decision.Reason.StartsWith("undetermined:", StringComparison.Ordinal), read == Outcome.True);
                if (tree.Result != CheckResult.Undetermined) Assert.Equal(read == Outcome.True ? CheckResult.Holds : isError ? CheckResult.Error : CheckResult.Fails, tree.Result);

                var foresight = policy.Foresee("t", caller);
                if (foresight != Foresight.DependsOnTarget)
                {
                    foreseen++;
                    Assert.Equal(decision.Allowed, foresight == Foresight.Allowed);
                }
            }
        }
        Assert.True(foreseen > 500 && allowed > 300, $"the generated questions show too little: {foreseen} foreseen, {allowed} allowed");
    }

    private static object? Normal(object? value) => value is decimal number ? new System.Numerics.BigInteger(number) : value;

    private static PolicySet? Policy(Dictionary<string, object?> rules, Semantics semantics, CasbinEngine original, CasbinEngine strict)
    {
        var options = new PolicyOptions { Defaults = "none", Semantics = semantics, NovaAdminFlag = false };
        var read = new Dictionary<string, ReadRule>(StringComparer.Ordinal);
        foreach (var (name, value) in rules)
        {
            if (RuleParser.Generic.ParseValue(Normal(value)) is not { } check) return null;
            read[name] = new ReadRule(name, check, default);
        }
        var table = RuleResolution.Resolve(read, [], RuleParser.Generic, "none", options);
        return new PolicySet(
            table, options, "", new CasbinDecider(table, RowReading.Original, "t", original), semantics == Semantics.Strict ? new CasbinDecider(table, RowReading.Strict, "t", strict) : null);
    }
}
