using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit list</c>: the newest events that a filter lets through, in the order they were recorded.</summary>
internal static class AuditListCommand
{
    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    public static Command Create(Terminal terminal)
    {
        var store = new AuditStoreOption();
        var user = new Option<string>("--user") { Description = "Id or name of who asked.", HelpName = "USER" };
        var project = new Option<string>("--project") { Description = "Id of the project of who asked.", HelpName = "ID" };
        var action = new Option<string>("--action") { Description = "The CADF action, whole, such as update/migrate.", HelpName = "ACTION" };
        var outcome = Choice<AuditOutcome>("--outcome", "What came of it.");
        var kind = Choice<AuditKind>("--kind", "What the record is in the life of a call.");
        var target = new Option<string>("--target") { Description = "Id of what it was asked of.", HelpName = "ID" };
        var request = new Option<string>("--request-id") { Description = "The request id that the client was told.", HelpName = "ID" };
        var from = Time("--from", "Events at or after this time");
        var to = Time("--to", "Events before this time");
        var limit = new Option<int>("--limit")
        {
            Description = "At most this many, the newest.",
            HelpName = "N",
            DefaultValueFactory = _ => 50,
            CustomParser = result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0) return count;
                result.AddError($"--limit: `{result.Tokens[0].Value}` is not a count: write a whole number from 1 up");
                return default;
            },
        };
        var format = FormatOption.Create();
        var command = new Command("list", "Show recorded events, one a line, oldest first. All conditions given must hold.")
        {
            user, project, action, outcome, kind, target, request, from, to, limit, format,
        };
        store.AddTo(command);
        command.SetAction(parsed =>
        {
            var filter = new AuditFilter
            {
                User = parsed.GetValue(user),
                ProjectId = parsed.GetValue(project),
                Action = parsed.GetValue(action),
                Outcome = parsed.GetValue(outcome),
                Kind = parsed.GetValue(kind),
                TargetId = parsed.GetValue(target),
                RequestId = parsed.GetValue(request),
                From = parsed.GetValue(from),
                To = parsed.GetValue(to),
                Limit = parsed.GetValue(limit),
            };
            var events = store.Of(parsed, terminal).Read(filter).ToList();
            events.Reverse();
            if (parsed.GetValue(format) == OutputFormat.Json)
            {
                foreach (var stored in events) terminal.Out.WriteJson(AuditRow.Json(stored));
            }
            else
            {
                Table.Write(terminal.Out, [AuditRow.Headings, .. events.Select(AuditRow.Cells)]);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static Option<T?> Choice<T>(string name, string description)
        where T : struct, Enum
    {
        var words = Enum.GetValues<T>().ToDictionary(AuditRow.Word, value => value, StringComparer.Ordinal);
        return new Option<T?>(name)
        {
            Description = description,
            HelpName = string.Join('|', words.Keys),
            CustomParser = result =>
            {
                if (words.TryGetValue(result.Tokens[0].Value, out var value)) return value;
                result.AddError($"{name}: no `{result.Tokens[0].Value}`: write one of {string.Join(", ", words.Keys.Select(word => $"`{word}`"))}");
                return null;
            },
        };
    }

    private static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        Description = $"{description}: ISO 8601, UTC where it says nothing else.",
        HelpName = "TIME",
        CustomParser = result => Parse(name, result),
    };

    private static DateTimeOffset? Parse(string name, ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
        result.AddError($"{name}: `{text}` is not a time: write one such as 2026-03-01, 2026-03-01T12:00 or 2026-03-01T12:00:00+01:00");
        return null;
    }
}
