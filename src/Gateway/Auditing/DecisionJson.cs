using System.Runtime.CompilerServices;
using System.Text.Json;
using Gateway.Audit;
using Gateway.Policies;
using Gateway.Policy;

namespace Gateway.Auditing;

/// <summary>A decision as the record keeps it: the answers, what they were read from, and the tree of the rule that decided.</summary>
internal static class DecisionJson
{
    /// <summary>What a caller is to the rules stays the same for as long as he is remembered, and so does how it is written.</summary>
    private static readonly ConditionalWeakTable<Credentials, StrongBox<JsonText>> Callers = [];

    public static AuditDecision Of(PolicyQuestion question)
    {
        var decisive = question.Decision!.Value;
        return Brief(decisive) with
        {
            Asked = question.Answers.Count == 1 ? [] : [.. question.Answers.Select(answer => new AskedRule(answer.Action, answer.Allowed, answer.Reason))],
            Caller = Callers.GetValue(question.Caller, static caller => new StrongBox<JsonText>(JsonTextWriter.Write(caller.Values, WriteMap))).Value,
            Target = question.Target is { } target ? JsonTextWriter.Write(target.Values, WriteMap, 128) : null,
            Tree = question.Rules.Tree(decisive.Action, question.Caller, question.Target ?? TargetAttributes.Empty) is { } tree ? JsonTextWriter.Write(tree, WriteCheck) : null,
        };
    }

    /// <summary>The answer alone, for a record that follows an intent.</summary>
    public static AuditDecision Brief(Decision decision) => new()
    {
        Rule = decision.Action,
        Text = decision.Rule,
        Allowed = decision.Allowed,
        Code = decision.Reason,
        Revision = decision.Revision,
    };

    private static void WriteCheck(Utf8JsonWriter w, ExplainedCheck check)
    {
        w.WriteStartObject();
        w.WriteString("check", check.Text);
        w.WriteString("result", check.Result switch
        {
            CheckResult.Holds => "holds",
            CheckResult.Fails => "fails",
            CheckResult.NotReached => "not_reached",
            CheckResult.Undetermined => "undetermined",
            _ => "error",
        });
        if (check.Caller is { } caller) w.WriteString("caller", caller);
        if (check.Target is { } target) w.WriteString("target", target);
        if (check.Note.Length > 0) w.WriteString("note", check.Note);
        w.WriteString("file", Path.GetFileName(check.File));
        if (check.Line > 0) w.WriteNumber("line", check.Line);
        if (check.Children.Count > 0)
        {
            w.WriteStartArray("checks");
            foreach (var child in check.Children) WriteCheck(w, child);
            w.WriteEndArray();
        }

        w.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter w, IReadOnlyDictionary<string, object?> map)
    {
        w.WriteStartObject();
        foreach (var (key, item) in map)
        {
            w.WritePropertyName(key);
            WriteValue(w, item);
        }

        w.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter w, object? value)
    {
        switch (value)
        {
            case null: w.WriteNullValue(); break;
            case bool flag: w.WriteBooleanValue(flag); break;
            case int or long: w.WriteNumberValue(Convert.ToInt64(value)); break;
            case double number: w.WriteNumberValue(number); break;
            case IReadOnlyDictionary<string, object?> map: WriteMap(w, map); break;
            case IReadOnlyList<object?> list:
                w.WriteStartArray();
                foreach (var item in list) WriteValue(w, item);
                w.WriteEndArray();
                break;
            default: w.WriteStringValue(value.ToString()); break;
        }
    }
}
