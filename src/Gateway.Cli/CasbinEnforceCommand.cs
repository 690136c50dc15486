using System.Buffers;
using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Casbin;

namespace Gateway.Cli;

/// <summary><c>gatewayctl casbin enforce</c>: decides requests, JSON arrays one a line, by a Casbin model and policy.</summary>
internal static class CasbinEnforceCommand
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(Terminal terminal)
    {
        var model = new Option<string>("--model") { Description = "The model, a model.conf.", Required = true };
        var policy = new Option<string>("--policy") { Description = "The policy, a policy.csv.", Required = true };
        var input = PolicyLines.InputArgument();
        var command = new Command(
            "enforce", "Decide one request a line, a JSON array such as [\"alice\", \"data1\", \"read\"]; writes {\"allowed\", \"explain\": [row]}.")
        {
            model, policy, input,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var enforcer = Load(terminal, parsed.GetRequiredValue(model), parsed.GetRequiredValue(policy));
            await using var stream = PolicyLines.Open(terminal, parsed.GetValue(input));
            await PolicyLines.AnswerAsync(stream, terminal.Out, (line, output) => Answer(enforcer, line, output), cancellation);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Enforcer Load(Terminal terminal, string model, string policy)
    {
        try
        {
            return new Enforcer(terminal.Resolve(model), terminal.Resolve(policy));
        }
        catch (Exception fault) when (fault is CasbinException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, fault.Message.ReplaceLineEndings(" "));
        }
    }

    private static void Answer(Enforcer enforcer, ReadOnlyMemory<byte> line, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, Compact);
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Array) throw new JsonException("a request is a JSON array of its values");
            var (allowed, explanation) = enforcer.EnforceEx(document.RootElement.EnumerateArray().Select(Value).ToArray());
            Write(writer, allowed, explanation, null);
        }
        catch (Exception fault) when (fault is JsonException or CasbinException or InvalidOperationException)
        {
            // InvalidOperationException is what System.Text.Json says of a lone surrogate.
            Write(writer, false, [], fault.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>Texts, numbers and truth values as such; objects as they are, for a matcher that reads their members.</summary>
    private static object? Value(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => element,
    };

    private static void Write(Utf8JsonWriter writer, bool allowed, IReadOnlyList<PolicyRow> rows, string? error)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("allowed", allowed);
        writer.WriteStartArray("explain");
        foreach (var row in rows)
        {
            writer.WriteStartArray();
            foreach (var value in row.Values) writer.WriteStringValue(value);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        if (error is not null) writer.WriteString("error", error);
        writer.WriteEndObject();
    }
}
