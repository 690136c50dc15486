using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Audit;
using Gateway.Policy;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy replay</c>: what another policy would have answered to the calls that are on record.</summary>
internal static class PolicyReplayCommand
{
    public static Command Create(Terminal terminal)
    {
        var source = PolicySource.Create(terminal);
        var store = new AuditStoreOption();
        var options = new AuditSearchOptions();
        var unanswered = new Option<bool>("--list-unanswered") { Description = "List the events that cannot be replayed too, each with the reason." };
        var widening = new Option<bool>("--allow-widening") { Description = "Exit with 0 also when somebody would newly be allowed." };
        var format = FormatOption.Create();
        var command = new Command(
            "replay",
            "Ask the rules of --policy what recorded calls were asked, and list every answer that would change, for whom and by which event. Exit code 3 when somebody would newly be allowed.")
        {
            unanswered, widening, format,
        };
        source.AddTo(command);
        store.AddTo(command);
        options.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var candidate = source.Load(parsed);
            using var use = options.OpenIndex(parsed, terminal, store.Of(parsed, terminal), cancellation);
            var search = options.Search(parsed, use.Index);
            // An outcome repeats its intent's decision without what it read.
            search = search with { Order = AuditOrder.OldestFirst, Conditions = [.. search.Conditions, new EventCondition("kind", Comparison.Is, "intent", "refusal", "access")] };
            var report = Report(terminal, parsed.GetValue(format), parsed.GetValue(unanswered), use.Find(search, limit: null), candidate);
            if (parsed.GetValue(format) == OutputFormat.Json)
            {
                terminal.Out.WriteJson(new JsonObject
                {
                    ["summary"] = new JsonObject
                    {
                        ["candidate"] = candidate.Revision,
                        ["decisions"] = report.Decisions,
                        ["same"] = report.Same,
                        ["allowed"] = report.Allowed,
                        ["denied"] = report.Denied,
                        ["unanswered"] = new JsonObject(report.Unanswered.Select(reason => KeyValuePair.Create(reason.Key, (JsonNode?)reason.Value))),
                    },
                });
            }
            else
            {
                terminal.Out.WriteLine($"{report.Decisions} decisions replayed: {report.Same} the same, {report.Allowed} newly allowed, {report.Denied} newly denied");
                foreach (var (reason, count) in report.Unanswered) terminal.Out.WriteLine($"{count} not replayed: {reason}");
            }

            return Task.FromResult(report.Allowed > 0 && !parsed.GetValue(widening) ? ExitCode.Widened : ExitCode.Ok);
        });
        return command;
    }

    private static Tally Report(Terminal terminal, OutputFormat format, bool listUnanswered, IEnumerable<StoredAuditEvent> events, PolicySet candidate)
    {
        var tally = new Tally();
        var replay = new RecordedDecisions(candidate);
        foreach (var stored in events)
        {
            var answer = replay.Ask(stored.Event);
            tally.Count(answer);
            if (answer.IsTheSame || (answer.Unanswered is not null && !listUnanswered)) continue;
            if (format == OutputFormat.Json) terminal.Out.WriteJson(Json(stored, answer));
            else terminal.Out.WriteLine(Line(stored, answer));
        }

        return tally;
    }

    private static string Line(StoredAuditEvent stored, ReplayedDecision answer)
    {
        var e = stored.Event;
        var who = Printable.Of($"{e.Initiator.Name ?? e.Initiator.Id} ({string.Join(",", e.Initiator.Roles)}) {e.Method} {e.Action} {e.Target.Id}");
        var what = answer.Unanswered is { } why ? $"not replayed: {why}" : $"{Word(answer.Before)} → {Word(answer.After)}  {answer.Rule}  ({answer.Code})";
        return $"{stored.Sequence.ToString(CultureInfo.InvariantCulture)}  {e.EventTime.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}  {what}  {who}  {e.Id}";
    }

    private static JsonObject Json(StoredAuditEvent stored, ReplayedDecision answer) => new()
    {
        ["sequence"] = stored.Sequence,
        ["event"] = stored.Event.Id,
        ["time"] = stored.Event.EventTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        ["user"] = stored.Event.Initiator.Id,
        ["action"] = stored.Event.Action,
        ["target"] = stored.Event.Target.Id,
        ["rule"] = answer.Rule,
        ["before"] = answer.Unanswered is null ? Word(answer.Before) : null,
        ["after"] = answer.Unanswered is null ? Word(answer.After) : null,
        ["code"] = answer.Code,
        ["unanswered"] = answer.Unanswered,
    };

    private static string Word(bool allowed) => allowed ? "allow" : "deny";

    private sealed class Tally
    {
        public long Decisions { get; private set; }

        public long Same { get; private set; }

        public long Allowed { get; private set; }

        public long Denied { get; private set; }

        public SortedDictionary<string, long> Unanswered { get; } = new(StringComparer.Ordinal);

        public void Count(ReplayedDecision answer)
        {
            if (answer.Unanswered is { } why)
            {
                Unanswered[why] = Unanswered.GetValueOrDefault(why) + 1;
                return;
            }

            Decisions++;
            if (answer.IsTheSame) Same++;
            else if (answer.After) Allowed++;
            else Denied++;
        }
    }
}
