using System.Runtime.CompilerServices;
using System.Text.Json;
using Gateway.Audit;
using Gateway.FrontDoor;
using Gateway.Policies;
using Gateway.Policy;

namespace Gateway.Auditing;

/// <summary>A decision as the record keeps it: the answers, what they were read from, and the tree of the rule that decided.</summary>
internal static class DecisionJson
{
    private static readonly ConditionalWeakTable<Credentials, Known> Callers = [];

    public static AuditDecision Of(PolicyQuestion question)
    {
        var decisive = question.Decision!.Value;
        var known = Callers.GetValue(question.Caller, static caller => new Known(JsonText.Written(JsonBytes.Of(caller.Values, WriteMap))));
        var reading = known.Latest is { } latest && latest.IsOf(question, decisive.Action) ? latest : Read(question, decisive.Action, known);
        return Brief(decisive) with
        {
            Asked = question.Answers.Count == 1 ? [] : [.. question.Answers.Select(answer => new AskedRule(answer.Action, answer.Allowed, answer.Reason))],
            Caller = known.Caller,
            Target = reading.TargetText,
            Tree = reading.Tree,
        };
    }

    private static Reading Read(PolicyQuestion question, string rule, Known known)
    {
        var tree = question.Rules.Tree(rule, question.Caller, question.Target ?? TargetAttributes.Empty);
        var reading = new Reading(
            question.Rules.Revision, rule, question.Target, question.Target is { } target ? JsonText.Written(JsonBytes.Of(target.Values, WriteMap)) : null, tree is null ? null : JsonText.Written(JsonBytes.Of(tree, WriteCheck)));
        if (tree is not null && !AsksOthers(tree)) known.Latest = reading;
        return reading;
    }

    /// <summary>What another service says may be something else the next time.</summary>
    private static bool AsksOthers(ExplainedCheck check) =>
        check.Text.StartsWith("http:", StringComparison.Ordinal) || check.Text.StartsWith("https:", StringComparison.Ordinal) || check.Children.Any(AsksOthers);

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

    /// <summary>What a caller is to the rules stays the same for as long as he is remembered, and so does how it is written; and he mostly asks the same again.</summary>
    private sealed class Known(JsonText caller)
    {
        public JsonText Caller { get; } = caller;

        /// <summary>Immutable, and replaced whole: of two that come at once, one is kept.</summary>
        public Reading? Latest { get; set; }
    }

    /// <summary>How a rule was read for a caller and a target. It is the same for equal ones, since only an answer of another service may change by itself.</summary>
    private sealed record Reading(string Revision, string Rule, TargetAttributes? Target, JsonText? TargetText, JsonText? Tree)
    {
        public bool IsOf(PolicyQuestion question, string rule) => Revision == question.Rules.Revision && Rule == rule && IsSame(Target, question.Target);

        private static bool IsSame(TargetAttributes? one, TargetAttributes? other)
        {
            if (ReferenceEquals(one, other)) return true;
            if (one is null || other is null || one.Values.Count != other.Values.Count) return false;
            // What a server has are texts; anything else counts as changed.
            foreach (var (name, value) in one.Values)
                if (!other.Values.TryGetValue(name, out var second) || (value is null ? second is not null : value is not string text || text != second as string)) return false;
            return true;
        }
    }
}
