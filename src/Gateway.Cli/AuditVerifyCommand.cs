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
        var places = new AuditPlaces();
        var file = new Argument<string?>("FILE") { Description = "A store, a sealed segment, a bundle or a database; by default what --store names.", Arity = ArgumentArity.ZeroOrOne };
        var part = new Option<bool>("--part") { Description = "It is part of a log: that earlier records are missing is no finding." };
        var progress = new Option<bool>("--progress") { Description = "Tell on standard error how far it is." };
        var head = new Option<(long Sequence, ReadOnlyMemory<byte> Hash)?>("--head")
        {
            Description = "A head that an earlier verification printed: the chain must pass through it. Only this finds a log cut short or rewritten whole.",
            HelpName = "N:HASH",
            CustomParser = ParseHead,
        };
        var ownKeys = new Option<bool>("--own-keys") { Description = "Of a bundle, take the keys that it brings. Proves only that it is of one piece; exit code 5 instead of 0." };
        var format = FormatOption.Create();
        var command = new Command("verify", "Check every record, the chain through them, and every checkpoint. Exit code 1 when something is wrong.") { file, head, part, ownKeys, progress, format };
        places.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var source = places.Store.Of(parsed, terminal, parsed.GetValue(file) ?? parsed.GetValue(places.Store.Store));
            var path = source.Name;
            var isBundle = File.Exists(path) && BundleVerifier.IsBundle(path);
            if (isBundle && parsed.GetValue(places.Keys) is null && !parsed.GetValue(ownKeys))
                throw new CommandFault(ExitCode.Usage, $"{path}: a bundle: name the keys that count with `--keys`; with `--own-keys` those it brings are taken, which proves only that it is of one piece");
            if (!isBundle && parsed.GetValue(ownKeys)) throw new CommandFault(ExitCode.Usage, $"{path}: not a bundle: only a bundle brings keys of its own");
            var options = new VerifyOptions
            {
                Stream = parsed.GetValue(places.Store.Stream),
                KnownHead = parsed.GetValue(head),
                // A bundle brings its own; those beside it are another store's.
                Checkpoints = isBundle && parsed.GetValue(places.Checkpoints) is null ? [] : places.CheckpointsOf(parsed, terminal, path),
                Keys = isBundle && parsed.GetValue(places.Keys) is null ? [] : places.KeysOf(parsed, terminal, path),
                IsPart = parsed.GetValue(part),
                Progress = parsed.GetValue(progress) ? new Reported(terminal.Error) : null,
            };
            var report = isBundle ? BundleVerifier.Verify(path, options, cancellation) : source.Verify(options, cancellation);
            if (parsed.GetValue(format) == OutputFormat.Json) terminal.Out.WriteJson(Json(report, isBundle));
            else terminal.Out.WriteLine(Line(report));
            if (report is { IsIntact: true, Checkpoints: > 0 } && options.Keys.Count == 0) terminal.Error.WriteLine(isBundle
                ? "the keys are the bundle's own: it is of one piece, and anybody may have made it; name those that count with `--keys`"
                : "no keys: signatures were not checked; name the keys that count with `--keys`");
            return Task.FromResult(!report.IsIntact ? ExitCode.Failed : isBundle && !report.IsHeldToKeys ? ExitCode.OwnKeys : ExitCode.Ok);
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
        var first = report.First == 1 ? "" : $" from {report.First}";
        var covered = report.LastCheckpoint is { } last ? $", {report.Checkpoints} checkpoints, the last over {last.Size} at {last.Time:yyyy-MM-dd'T'HH:mm:ss'Z'}" : "";
        var beyond = report.CheckpointsBeyond == 0 ? "" : $", {report.CheckpointsBeyond} checkpoints over later records not compared";
        return $"{report.Path}: whole: {report.Records} records of stream {Printable.Of(report.Stream)}{first}, head {report.HeadSequence}:{Hex(report)}{open}{covered}{beyond}";
    }

    private static JsonObject Json(VerifyReport report, bool isBundle) => new()
    {
        ["store"] = report.Path,
        ["stream"] = report.Stream,
        ["intact"] = report.IsIntact,
        ["records"] = report.Records,
        ["head"] = new JsonObject { ["sequence"] = report.HeadSequence, ["hash"] = Hex(report) },
        ["open_intents"] = report.OpenIntents,
        ["first"] = report.First,
        ["root"] = Convert.ToBase64String(report.Root.Span),
        ["keys"] = report.IsHeldToKeys ? "given" : isBundle ? "own" : "none",
        ["checkpoints"] = report.Checkpoints,
        ["checkpoints_beyond"] = report.CheckpointsBeyond,
        ["last_checkpoint"] = report.LastCheckpoint is { } last
            ? new JsonObject { ["number"] = last.Number, ["size"] = last.Size, ["time"] = last.Time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) }
            : null,
        ["finding"] = report.Finding is { } finding
            ? new JsonObject { ["problem"] = Word(finding.Problem), ["sequence"] = finding.Sequence, ["message"] = finding.Message }
            : null,
    };

    private static string Hex(VerifyReport report) => Convert.ToHexStringLower(report.HeadHash.Span);

    /// <summary>`ColumnMismatch` as `column mismatch`.</summary>
    private static string Word(VerifyProblem problem) => string
        .Concat(problem.ToString().Select((letter, i) => char.IsUpper(letter) && i > 0 ? $" {char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    /// <summary>Tells every so many records.</summary>
    private sealed class Reported(TextWriter error) : IProgress<long>
    {
        private const long Every = 500_000;

        private long _next = Every;

        public void Report(long value)
        {
            if (value < _next) return;
            error.WriteLine($"{value} records hold so far");
            _next = value - (value % Every) + Every;
        }
    }
}
