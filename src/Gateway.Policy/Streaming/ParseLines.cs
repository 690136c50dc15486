using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Policy.Files;
using Gateway.Policy.Language;

namespace Gateway.Policy;

/// <summary>Answers rules given as JSON objects, one a line (<c>{"id", "check"}</c>), with their canonical text; <c>!</c> for what cannot be parsed.</summary>
public static class ParseLines
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes the answer to one line, without a line break.</summary>
    public static void Answer(ReadOnlyMemory<byte> line, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, Compact);
        writer.WriteStartObject();
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new BadLineException("a line is one JSON object");
            if (!root.TryGetProperty("check", out var check)) throw new BadLineException("`check` is missing");
            var canonical = Canonical(JsonValues.FromElement(check));
            writer.WritePropertyName("id");
            if (root.TryGetProperty("id", out var id)) id.WriteTo(writer);
            else writer.WriteNullValue();
            writer.WriteString("canonical", canonical);
        }
        catch (Exception fault) when (fault is JsonException or BadLineException or InvalidOperationException)
        {
            writer.WriteNull("id");
            writer.WriteString("error", "bad_line: " + fault.Message.ReplaceLineEndings(" "));
        }
        writer.WriteEndObject();
        writer.Flush();
    }

    /// <summary>The canonical text of a rule value: a text, or the lists and other values the original takes in its place.</summary>
    public static string Canonical(object? check) => RuleParser.Generic.ParseValue(check)?.ToString() ?? "!";
}
