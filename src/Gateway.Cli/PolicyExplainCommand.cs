using System.CommandLine;
using System.Text.Json.Nodes;
using Gateway.Policy;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy explain</c>: one decision with the tree of checks it came from; without an action, the answer for each of them.</summary>
internal static class PolicyExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        var source = PolicySource.Create(terminal);
        var question = new PolicyQuestion(terminal);
        var action = new Option<string?>("--action", "--rule") { Description = "The action, a rule's name; without it every action is answered in one line.", HelpName = "NAME" };
        var format = FormatOption.Create();
        var command = new Command("explain", "Show why an action is allowed or denied, check by check.") { action };
        question.AddTo(command);
        source.AddTo(command);
        command.Options.Add(format);
        command.SetAction(parsed =>
        {
            var policy = source.Load(parsed);
            var (caller, target) = question.Read(parsed);
            var isJson = parsed.GetValue(format) == OutputFormat.Json;
            if (parsed.GetValue(action) is not { } name) Overview(terminal.Out, policy, caller, target, isJson);
            else if (isJson) terminal.Out.WriteJson(ToJson(policy.Explain(name, caller, target)));
            else Write(terminal.Out, policy.Explain(name, caller, target));
            return ExitCode.Ok;
        });
        return command;
    }

    // In the words of oslopolicy-checker, so that scripts around it go on working.
    private static void Overview(TextWriter output, PolicySet policy, Credentials caller, TargetAttributes target, bool isJson)
    {
        foreach (var name in policy.RuleNames.Where(name => name.Contains(':', StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var decision = policy.Decide(name, caller, target);
            if (isJson) output.WriteJson(new JsonObject { ["action"] = name, ["allowed"] = decision.Allowed, ["reason"] = decision.Reason });
            else output.WriteLine($"{(decision.Allowed ? "passed" : "failed")}: {Printable.Of(name)}");
        }
    }

    private static void Write(TextWriter output, Explanation explanation)
    {
        var decision = explanation.Decision;
        output.WriteLine($"{(decision.Allowed ? "allowed" : "denied")}: {Printable.Of(decision.Action)} ({decision.Reason})");
        if (explanation.Scope.Length > 0) output.WriteLine(explanation.Scope);
        if (explanation.Tree is { } tree) Write(output, tree, 0, "");
        else output.WriteLine("there is no rule of this name, and no default rule");
        if (explanation.Change.Count > 0) output.WriteLine($"{(decision.Allowed ? "it would be denied" : "it would be allowed")} {Printable.Of(string.Join(" and ", explanation.Change))}");
    }

    private static void Write(TextWriter output, ExplainedCheck check, int depth, string place)
    {
        var mark = check.Result switch
        {
            CheckResult.Holds => "✓",
            CheckResult.Fails => "✕",
            CheckResult.Undetermined => "?",
            CheckResult.Error => "!",
            _ => "·",
        };
        var line = $"{new string(' ', depth * 2)}{mark} {check.Text}";
        if (check.Result == CheckResult.NotReached && depth > 0) line += "   (not reached)";
        if (check.Caller is not null) line += $"   caller: {check.Caller}";
        if (check.Target is not null) line += $"   target: {check.Target}";
        if (check.Note.Length > 0) line += $"   {check.Note}";
        var own = check.Line == 0 ? check.File : $"{check.File}:{check.Line}";
        if (own != place) line += $"   [{own}]";
        output.WriteLine(Printable.Of(line));
        foreach (var child in check.Children) Write(output, child, depth + 1, own);
    }

    private static JsonObject ToJson(Explanation explanation) => new()
    {
        ["action"] = explanation.Decision.Action,
        ["allowed"] = explanation.Decision.Allowed,
        ["reason"] = explanation.Decision.Reason,
        ["rule"] = explanation.Decision.Rule,
        ["revision"] = explanation.Decision.Revision,
        ["scope"] = explanation.Scope,
        ["change"] = new JsonArray([.. explanation.Change.Select(text => (JsonNode?)text)]),
        ["tree"] = explanation.Tree is { } tree ? ToJson(tree) : null,
    };

    private static JsonObject ToJson(ExplainedCheck check) => new()
    {
        ["check"] = check.Text,
        ["result"] = check.Result switch
        {
            CheckResult.Holds => "holds",
            CheckResult.Fails => "fails",
            CheckResult.Undetermined => "undetermined",
            CheckResult.Error => "error",
            _ => "not reached",
        },
        ["caller"] = check.Caller,
        ["target"] = check.Target,
        ["note"] = check.Note,
        ["file"] = check.File,
        ["line"] = check.Line,
        ["children"] = new JsonArray([.. check.Children.Select(ToJson)]),
    };
}
