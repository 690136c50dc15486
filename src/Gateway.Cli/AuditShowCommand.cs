using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit show</c>: one record, whole.</summary>
internal static class AuditShowCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string>("ID") { Description = "The record's number, or the event's id." };
        var store = new AuditStoreOption();
        var format = FormatOption.Create();
        var command = new Command("show", "Show one record whole: its place and hash in the chain, and the event as it was hashed.") { id, format };
        store.AddTo(command);
        command.SetAction(parsed =>
        {
            var source = store.Of(parsed, terminal);
            var wanted = parsed.GetRequiredValue(id);
            var stored = Find(source, wanted)
                ?? throw new CommandFault(ExitCode.Failed, $"{source.Name}: no record `{wanted}`: `gatewayctl audit list` shows the numbers");
            if (parsed.GetValue(format) == OutputFormat.Json)
            {
                terminal.Out.WriteJson(AuditRow.Json(stored));
                return ExitCode.Ok;
            }

            terminal.Out.WriteLine($"record {stored.Sequence}");
            terminal.Out.WriteLine($"hash   {Convert.ToHexStringLower(stored.Hash.Span)}");
            terminal.Out.WriteLine(JsonNode.Parse(stored.Bytes.Span)!.ToJsonString(Indented));
            return ExitCode.Ok;
        });
        return command;
    }

    // By event id the records are read through: an auditor asks for one now and then.
    private static StoredAuditEvent? Find(AuditSource source, string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? source.Find(sequence)
            : source.Read(new AuditFilter()).FirstOrDefault(stored => stored.Event.Id == id);
}
