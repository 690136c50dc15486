using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Audit;

namespace Gateway.Cli;

/// <summary><c>gatewayctl audit verify</c>: proves a store whole, or names the first record that is not.</summary>
internal static class AuditVerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var store = AuditStoreOption.Create();
        var stream = new Option<string>("--stream") { Description = "The stream the store must be of.", HelpName = "NAME" };
        var head = new Option<(long Sequence, ReadOnlyMemory<byte> Hash)?>("--head")
        {
            Description = "A head that an earlier verification printed: the chain must pass through it. Only this finds a log cut short or rewritten whole.",
            HelpName = "N:HASH",
            CustomParser = ParseHead,
        };
        var format = FormatOption.Create();
        var command = new Command("verify", "Check every record and the chain through them. Exit code 1 when something is wrong.") { store, stream, head, format };
        command.SetAction((parsed, cancellation) =>
        {
            var path = AuditStoreOption.PathOf(parsed, store, terminal);
            var options = new VerifyOptions { Stream = parsed.GetValue(stream), KnownHead = parsed.GetValue(head) };
            var report = AuditStoreOption.Read(() => AuditVerifier.Verify(path, options, cancellation));
            if (parsed.GetValue(format) == OutputFormat.Json) terminal.Out.WriteJson(Json(report));
            else terminal.Out.WriteLine(Line(report));
            return Task.FromResult(report.IsIntact ? ExitCode.Ok : ExitCode.Failed);
        });
        return command;
    }

    private static (long Sequence, ReadOnlyMemory<byte> Hash)? ParseHead(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.Split(':') is [var number, { Length: 64 } hex] && hex.All(char.IsAsciiHexDigit)
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && sequence > 0)
        {
            return (sequence, Convert.FromHexString(hex));
        }

        result.AddError($"--head: `{text}` is not a head: write a record's number, a colon and its hash of 64 hexadecimal digits");
        return null;
    }

    private static string Line(VerifyReport report)
    {
        if (report.Finding is { } finding) return $"{report.Path}: {Word(finding.Problem)}: {Printable.Of(finding.Message)}";
        var open = report.OpenIntents == 0 ? "" : $", {report.OpenIntents} intents open";
        return $"{report.Path}: whole: {report.Records} records of stream {Printable.Of(report.Stream)}, head {report.HeadSequence}:{Hex(report)}{open}";
    }

    private static JsonObject Json(VerifyReport report) => new()
    {
        ["store"] = report.Path,
        ["stream"] = report.Stream,
        ["intact"] = report.IsIntact,
        ["records"] = report.Records,
        ["head"] = new JsonObject { ["sequence"] = report.HeadSequence, ["hash"] = Hex(report) },
        ["open_intents"] = report.OpenIntents,
        ["finding"] = report.Finding is { } finding
            ? new JsonObject { ["problem"] = Word(finding.Problem), ["sequence"] = finding.Sequence, ["message"] = finding.Message }
            : null,
    };

    private static string Hex(VerifyReport report) => Convert.ToHexStringLower(report.HeadHash.Span);

    /// <summary>`ColumnMismatch` as `column mismatch`.</summary>
    private static string Word(VerifyProblem problem) => string
        .Concat(problem.ToString().Select((letter, i) => char.IsUpper(letter) && i > 0 ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
