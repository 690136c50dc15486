using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.FrontDoor;

/// <summary>Writes JSON in one line: the bodies of refusals, and the values that a record is put together from, in the spelling in which they are stored.</summary>
internal static class JsonBytes
{
    private const int LargestKept = 64 * 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    // One for each thread, so that a value costs the array it is kept in and nothing else. INVARIANT: `write` writes, and calls nothing that comes back here.
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _own;

    /// <summary>Writes one value.</summary>
    /// <param name="value">What is written.</param>
    /// <param name="write">Writes it; static, so that a call costs no closure.</param>
    public static byte[] Of<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        var (buffer, writer) = _own ??= Make();
        try
        {
            write(writer, value);
            writer.Flush();
            return buffer.WrittenSpan.ToArray();
        }
        finally
        {
            // What a large value took is left to the collector.
            if (buffer.Capacity > LargestKept) _own = null;
            buffer.ResetWrittenCount();
            writer.Reset();
        }
    }

    private static (ArrayBufferWriter<byte>, Utf8JsonWriter) Make()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        return (buffer, new Utf8JsonWriter(buffer, Options));
    }
}
