using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary>The conditions of <c>audit search</c>, <c>stats</c>, <c>export</c> and <c>tail</c>, spelt as the search API spells them.</summary>
internal sealed class AuditSearchOptions
{
    public Option<string[]> Where { get; } = new("--where", "-w")
    {
        Description = "A condition: NAME=VALUE, NAME=VALUE,VALUE (any of them), NAME=!VALUE (not), NAME=gte:VALUE (gt, gte, lt, lte). May be given again; all must hold.",
        HelpName = "NAME=VALUE",
    };

    public Option<string?> User { get; } = new("--user") { Description = "Id or name of who asked.", HelpName = "USER" };

    public Option<string?> Text { get; } = new("--text") { Description = "Words that must all stand in the record; `back*` is the beginning of a word.", HelpName = "WORDS" };

    public Option<string?> Since { get; } = new("--from") { Description = "Events at or after this time.", HelpName = "TIME" };

    public Option<string?> Until { get; } = new("--to") { Description = "Events before this time.", HelpName = "TIME" };

    private readonly Option<string?> _index = AuditIndexUse.CreateOption();

    public void AddTo(Command command)
    {
        command.Options.Add(_index);
        command.Options.Add(Where);
        command.Options.Add(User);
        command.Options.Add(Text);
        command.Options.Add(Since);
        command.Options.Add(Until);
    }

    /// <summary>The conditions as they were written; none when there are none.</summary>
    public IReadOnlyList<string> Written(ParseResult parsed) =>
    [
        .. (parsed.GetValue(Where) ?? []).Select(where => $"{Where.Name} {where}"),
        .. new[] { User, Text, Since, Until }.Where(option => parsed.GetValue(option) is not null).Select(option => $"{option.Name} {parsed.GetValue(option)}"),
    ];

    /// <summary>The index that the search is made in.</summary>
    public AuditIndexUse OpenIndex(ParseResult parsed, Terminal terminal, AuditSource source, CancellationToken ct) =>
        AuditIndexUse.Open(source, parsed.GetValue(_index) is { } named ? terminal.Resolve(named) : null, ct);

    /// <summary>The search; users are told apart from ids by what the index knows.</summary>
    public EventSearch Search(ParseResult parsed, AuditIndex index)
    {
        try
        {
            var conditions = new List<EventCondition>();
            foreach (var where in parsed.GetValue(Where) ?? [])
            {
                var equals = where.IndexOf('=', StringComparison.Ordinal);
                if (equals < 1) throw new EventSearchException($"--where `{where}`: write NAME=VALUE");
                conditions.AddRange(ConditionText.Parse(where[..equals], where[(equals + 1)..]));
            }

            if (parsed.GetValue(User) is { } user)
            {
                var known = index.Search(new EventSearch { Conditions = [new EventCondition("initiator_id", Comparison.Is, user)], Limit = 1 }).Sequences.Count > 0;
                conditions.Add(new EventCondition(known ? "initiator_id" : "initiator_name", Comparison.Is, user));
            }

            if (parsed.GetValue(Since) is { } since) conditions.Add(new EventCondition("time", Comparison.AtLeast, since));
            if (parsed.GetValue(Until) is { } until) conditions.Add(new EventCondition("time", Comparison.Below, until));
            return new EventSearch { Conditions = conditions, Text = parsed.GetValue(Text) };
        }
        catch (EventSearchException fault)
        {
            throw new CommandFault(ExitCode.Usage, fault.Message);
        }
    }
}
