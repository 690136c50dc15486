using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>Writes the values that a record is put together from, each once, in the spelling in which it is stored.</summary>
internal static class JsonTextWriter
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes one value.</summary>
    /// <param name="value">What is written.</param>
    /// <param name="write">Writes it; static, so that a call costs no closure.</param>
    /// <param name="size">How many bytes it usually takes.</param>
    public static JsonText Write<T>(T value, Action<Utf8JsonWriter, T> write, int size = 512)
    {
        var buffer = new ArrayBufferWriter<byte>(size);
        using (var writer = new Utf8JsonWriter(buffer, Options)) write(writer, value);
        return JsonText.Written(buffer.WrittenMemory);
    }
}
