using System.CommandLine;
using System.Text.Json.Nodes;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit proof</c>: that a record is among those a checkpoint was signed for, or that one checkpoint continues another.</summary>
internal static class AuditProofCommand
{
    public static Command Create(Terminal terminal)
    {
        var record = new Argument<long?>("N") { Description = "The record's number.", Arity = ArgumentArity.ZeroOrOne };
        var from = new Option<long?>("--from") { Description = "Number of an earlier checkpoint.", HelpName = "N" };
        var to = new Option<long?>("--to") { Description = "Number of a later one.", HelpName = "N" };
        var places = new AuditPlaces();
        var command = new Command(
            "proof", "Prove, as one line of JSON, that a record is among those that the last checkpoint was signed for; or, with --from and --to, that one checkpoint continues another.")
        {
            record, from, to,
        };
        places.AddTo(command);
        command.SetAction(parsed =>
        {
            var store = places.Store.Of(parsed, terminal);
            var notes = places.CheckpointsOf(parsed, terminal, store.Name);
            var (number, older, newer) = (parsed.GetValue(record), parsed.GetValue(from), parsed.GetValue(to));
            var json = (number, older, newer) switch
            {
                ({ } n, null, null) => Json(RecordProof.Of(store, n, notes)),
                (null, { } a, { } b) => Json(ConsistencyProof.Of(store, a, b, notes)),
                _ => throw new CommandFault(ExitCode.Usage, "name a record, or two checkpoints with `--from` and `--to`"),
            };
            terminal.Out.WriteJson(json);
            return ExitCode.Ok;
        });
        return command;
    }

    private static JsonObject Json(RecordProof proof) => new()
    {
        ["stream"] = proof.Stream,
        ["sequence"] = proof.Sequence,
        ["previous"] = Convert.ToHexStringLower(proof.Previous),
        ["hash"] = Convert.ToHexStringLower(proof.Hash),
        ["size"] = proof.Size,
        ["path"] = new JsonArray([.. proof.Path.Select(hash => JsonValue.Create(Convert.ToBase64String(hash)))]),
        ["checkpoint"] = proof.Note,
        ["body"] = Convert.ToBase64String(proof.Body),
    };

    private static JsonObject Json(ConsistencyProof proof) => new()
    {
        ["stream"] = proof.Stream,
        ["from"] = new JsonObject { ["number"] = proof.From.Number, ["size"] = proof.From.Size, ["root"] = Convert.ToBase64String(proof.From.Root.Span) },
        ["to"] = new JsonObject { ["number"] = proof.To.Number, ["size"] = proof.To.Size, ["root"] = Convert.ToBase64String(proof.To.Root.Span) },
        ["path"] = new JsonArray([.. proof.Path.Select(hash => JsonValue.Create(Convert.ToBase64String(hash)))]),
    };
}
