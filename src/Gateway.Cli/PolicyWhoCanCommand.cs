using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Policy;
using Gateway.Policy.Analysis;
using Gateway.Policy.Files;
using Gateway.Policy.Testing;

namespace Gateway.Cli;

/// <summary><c>gatewayctl policy who-can</c>: who may do an action, or what a caller may do.</summary>
internal static class PolicyWhoCanCommand
{
    public static Command Create(Terminal terminal)
    {
        var action = new Argument<string?>("action") { Description = "The action asked about.", Arity = ArgumentArity.ZeroOrOne };
        var creds = new Option<string?>("--creds") { Description = "A caller as a JSON object: show what this caller may do.", HelpName = "JSON" };
        var persona = new Option<string?>("--persona") { Description = "The same for a persona.", HelpName = "NAME" };
        var personas = PolicyTestCommand.PersonasOption();
        var format = FormatOption.Create();
        var source = PolicySource.Create(terminal);
        var command = new Command("who-can", "Give the minimal sets of conditions that allow an action; or, for a caller, the actions allowed.") { action, creds, persona, personas, format };
        source.AddTo(command);
        command.SetAction(parsed => PolicyPlaces.Run(terminal, () =>
        {
            var isJson = parsed.GetValue(format) == OutputFormat.Json;
            var set = source.Load(parsed, PolicyPlaces.Files(terminal, parsed.GetValue(source.Files)));
            switch (parsed.GetValue(action), parsed.GetValue(creds), parsed.GetValue(persona))
            {
                case ({ } asked, null, null):
                    if (!set.RuleNames.Contains(asked)) throw new CommandFault(ExitCode.Usage, $"{PolicyPlaces.Describe(terminal, set.Options)} has no rule `{Printable.Of(asked)}`");
                    WriteAction(terminal, isJson, WhoCan.Allowed(set, asked));
                    return ExitCode.Ok;
                case (null, { } json, null):
                    WriteCaller(terminal, isJson, WhoCan.Actions(set, new Credentials(Attributes(json, "--creds"))));
                    return ExitCode.Ok;
                case (null, null, { } name):
                    var known = Persona.Read(PolicyPlaces.Personas(terminal, parsed.GetValue(personas)));
                    var found = known.FirstOrDefault(one => one.Name == name)
                        ?? throw new CommandFault(ExitCode.Usage, $"--persona: there is no `{Printable.Of(name)}`: choose one of {string.Join(", ", known.Select(one => one.Name))}");
                    WriteCaller(terminal, isJson, WhoCan.Actions(set, found.Credentials));
                    return ExitCode.Ok;
                default:
                    throw new CommandFault(ExitCode.Usage, "name an action, or a caller by `--creds` or `--persona`: exactly one of the three");
            }
        }));
        return command;
    }

    /// <summary>Attributes given on the command line.</summary>
    public static IReadOnlyDictionary<string, object?> Attributes(string json, string option)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return JsonValues.Mapping(document.RootElement);
        }
        catch (JsonException)
        {
            // Said below, with what is not an object either.
        }
        throw new CommandFault(ExitCode.Usage, $"{option}: `{Printable.Of(json)}` is not a JSON object: write one such as {{\"project_id\": \"p1\"}}");
    }

    private static void WriteAction(Terminal terminal, bool isJson, ActionAccess access)
    {
        if (isJson)
        {
            terminal.Out.WriteJson(new JsonObject { ["action"] = access.Action, ["ways"] = Ways(access.Ways), ["complete"] = access.IsWhole });
            return;
        }
        terminal.Out.WriteLine(Printable.Of(access.Ways.Count == 0 ? $"{access.Action}: nobody" : $"{access.Action}: who meets one of"));
        foreach (var way in access.Ways) terminal.Out.WriteLine(Printable.Of($"  {Text(way)}"));
        if (!access.IsWhole) terminal.Out.WriteLine("  and further ones, too many to list");
    }

    private static void WriteCaller(Terminal terminal, bool isJson, IReadOnlyList<CallerAccess> actions)
    {
        foreach (var access in actions)
        {
            if (isJson)
            {
                var answer = access.Answer switch { Foresight.Allowed => "yes", Foresight.Denied => "no", _ => "target" };
                terminal.Out.WriteJson(new JsonObject { ["action"] = access.Action, ["answer"] = answer, ["targets"] = Ways(access.OnTargets) });
            }
            else if (access.Answer != Foresight.Denied)
            {
                terminal.Out.WriteLine(Printable.Of(access.Answer == Foresight.Allowed ? access.Action : $"{access.Action}  where {string.Join("; or ", access.OnTargets.Select(Text))}"));
            }
        }
        if (!isJson) terminal.Out.WriteLine($"{actions.Count(access => access.Answer == Foresight.Allowed)} on every target, {actions.Count(access => access.Answer == Foresight.DependsOnTarget)} on some, {actions.Count(access => access.Answer == Foresight.Denied)} never");
    }

    private static string Text(IReadOnlyList<string> way) => way.Count == 0 ? "any authenticated caller" : string.Join(" and ", way);

    private static JsonArray Ways(IReadOnlyList<IReadOnlyList<string>> ways) => new([.. ways.Select(way => (JsonNode)new JsonArray([.. way.Select(condition => (JsonNode)condition)]))]);
}
