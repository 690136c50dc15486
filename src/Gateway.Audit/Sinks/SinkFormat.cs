using System.Buffers;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>How a record is spelt for a file or a webhook.</summary>
public enum SinkFormat
{
    /// <summary>The record as it is stored, with its place in the chain: what a line of an exported bundle is, and the stream.</summary>
    Json,

    /// <summary>OCSF 1.3, class API Activity (6003).</summary>
    Ocsf,
}

/// <summary>Spells records.</summary>
internal static class SinkJson
{
    /// <summary>Writes one record as one JSON object, without a line feed.</summary>
    public static void Write(IBufferWriter<byte> buffer, SinkFormat format, string stream, StoredAuditEvent stored)
    {
        using var writer = new Utf8JsonWriter(buffer, AuditJson.WriterOptions);
        if (format == SinkFormat.Ocsf)
        {
            OcsfEvent.Write(writer, stream, stored);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("stream"u8, stream);
        writer.WriteNumber("sequence"u8, stored.Sequence);
        writer.WriteString("previous"u8, Convert.ToHexStringLower(stored.Previous.Span));
        writer.WriteString("hash"u8, Convert.ToHexStringLower(stored.Hash.Span));
        writer.WritePropertyName("event"u8);

        // The very bytes that were hashed, so that a receiver can follow the chain.
        writer.WriteRawValue(stored.Bytes.Span, skipInputValidation: true);
        writer.WriteEndObject();
    }

    /// <summary>Records as lines.</summary>
    public static ReadOnlyMemory<byte> Lines(SinkFormat format, string stream, IReadOnlyList<StoredAuditEvent> records)
    {
        var buffer = new ArrayBufferWriter<byte>(records.Count * 2048);
        foreach (var stored in records)
        {
            Write(buffer, format, stream, stored);
            buffer.Write("\n"u8);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Records as one array.</summary>
    public static ReadOnlyMemory<byte> Array(SinkFormat format, string stream, IReadOnlyList<StoredAuditEvent> records)
    {
        var buffer = new ArrayBufferWriter<byte>(records.Count * 2048);
        for (var i = 0; i < records.Count; i++)
        {
            buffer.Write(i == 0 ? "["u8 : ","u8);
            Write(buffer, format, stream, records[i]);
        }

        buffer.Write(records.Count == 0 ? "[]"u8 : "]"u8);
        return buffer.WrittenMemory;
    }
}
