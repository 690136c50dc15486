using System.Buffers;
using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Actions;

/// <summary>
/// Rewrites a body for the record, without its secrets. Secret values are dropped, not digested, because a digest of a guessable
/// secret gives it away. Keys stay, so that the record shows what was set.
/// </summary>
internal static class Redactor
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Marker = "[removed]";

    private readonly record struct Names(FrozenSet<string> Secrets, Redaction Redaction)
    {
        public bool ShowsSome => Redaction.ShownMetadata.Count > 0;

        public bool AreSecret(string name) => SecretNames.Contains(name, Secrets) || Redaction.Secrets.Contains(name);

        public bool IsShown(string key) => Redaction.ShownMetadata.Contains(key) && !Redaction.Secrets.Contains(key);
    }

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>Removes the secrets at every depth.</summary>
    /// <param name="body">A body that was read strictly.</param>
    /// <param name="secrets">Names that are secret for this action, besides those that always are.</param>
    /// <param name="redaction">What operators say.</param>
    public static RedactedBody Redact(BodyValue body, FrozenSet<string> secrets, Redaction? redaction = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var removed = 0;
        using (var writer = new Utf8JsonWriter(buffer, Options))
            Write(writer, body, new Names(secrets, redaction ?? Redaction.None), secret: false, ref removed);

        return new RedactedBody(buffer.WrittenSpan.ToArray(), removed);
    }

    /// <summary>Metadata is the user's own and may hold anything; what operators name is shown.</summary>
    private static void WriteMetadata(Utf8JsonWriter writer, BodyValue metadata, Names names, ref int removed)
    {
        writer.WriteStartObject();
        foreach (var member in metadata.EnumerateObject())
        {
            writer.WritePropertyName(member.NameUtf8);
            Write(writer, member.Value, names, !names.IsShown(member.Name) || SecretNames.Contains(member.Name, FrozenSet<string>.Empty), ref removed);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, BodyValue value, Names names, bool secret, ref int removed)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.NameUtf8);
                    if (!secret && names.ShowsSome && member.Value.ValueKind == JsonValueKind.Object && (member.NameEquals("metadata") || member.NameEquals("meta")))
                        WriteMetadata(writer, member.Value, names, ref removed);
                    else
                        Write(writer, member.Value, names, secret || names.AreSecret(member.Name), ref removed);
                }

                writer.WriteEndObject();
                break;

            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item, names, secret, ref removed);

                writer.WriteEndArray();
                break;

            case JsonValueKind.Null:
                writer.WriteNullValue();
                break;

            default:
                if (secret || (value.ValueKind == JsonValueKind.String && SecretText.IsIn(value)))
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

/// <summary>Text that gives access by itself, whatever its member is called: a console's address, credentials in a URL.</summary>
internal static partial class SecretText
{
    public static bool IsIn(BodyValue text) => text.Utf8.IndexOf("://"u8) >= 0 && IsIn(text.GetString());

    public static bool IsIn(string text) => text.Contains("://", StringComparison.Ordinal) && Url().IsMatch(text);

    [GeneratedRegex("://[^/?#\\s]*:[^/?#\\s]*@|(?:token|auth|passw|secret|signature|sig|key|credential)[a-z_-]*(?:=|%3D)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Url();
}

/// <summary>A body as the record keeps it.</summary>
/// <param name="Json">UTF-8 JSON without the secrets.</param>
/// <param name="Removed">How many values were secret.</param>
internal sealed record RedactedBody(ReadOnlyMemory<byte> Json, int Removed);
