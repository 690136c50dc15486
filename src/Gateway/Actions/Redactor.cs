using System.Buffers;
using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Actions;

/// <summary>
/// Rewrites a body for the record, without its secrets. Secret values are dropped, not digested, because a digest of a guessable
/// secret gives it away. Keys stay, so that the record shows what was set.
/// </summary>
internal static class Redactor
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Marker = "[removed]";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>Removes the secrets at every depth.</summary>
    /// <param name="body">A body that was read strictly.</param>
    /// <param name="secrets">Names that are secret for this action, besides those that always are.</param>
    public static RedactedBody Redact(JsonElement body, FrozenSet<string> secrets)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var removed = 0;
        using (var writer = new Utf8JsonWriter(buffer, Options))
            Write(writer, body, secrets, secret: false, ref removed);

        return new RedactedBody(buffer.WrittenSpan.ToArray(), removed);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, FrozenSet<string> secrets, bool secret, ref int removed)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value, secrets, secret || SecretNames.Contains(member.Name, secrets), ref removed);
                }

                writer.WriteEndObject();
                break;

            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item, secrets, secret, ref removed);

                writer.WriteEndArray();
                break;

            case JsonValueKind.Null:
                writer.WriteNullValue();
                break;

            default:
                if (secret)
                {
                    writer.WriteStringValue(Marker);
                    removed++;
                }
                else
                {
                    value.WriteTo(writer);
                }

                break;
        }
    }
}

/// <summary>A body as the record keeps it.</summary>
/// <param name="Json">UTF-8 JSON without the secrets.</param>
/// <param name="Removed">How many values were secret.</param>
internal sealed record RedactedBody(ReadOnlyMemory<byte> Json, int Removed);
