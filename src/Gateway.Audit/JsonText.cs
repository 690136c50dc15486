using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>A JSON value as a record holds it: UTF-8, spelt as it came, without space between its tokens.</summary>
public readonly struct JsonText
{
    private JsonText(ReadOnlyMemory<byte> utf8) => Utf8 = utf8;

    public ReadOnlyMemory<byte> Utf8 { get; }

    /// <summary>The value, parsed.</summary>
    public JsonElement Element => JsonElement.Parse(Utf8.Span, new JsonDocumentOptions { MaxDepth = 1024 });

    /// <summary>A value that a <see cref="Utf8JsonWriter"/> wrote in one line. It is not looked at again.</summary>
    public static JsonText Written(ReadOnlyMemory<byte> utf8) => new(utf8);

    /// <summary>
    /// A value in its own spelling. <see cref="JsonElement.WriteTo"/> would decode every string, and throws at an escape such as <c>\ud800</c> that is JSON
    /// but not text: a client could keep its own call out of the log.
    /// </summary>
    public static JsonText Of(JsonElement element)
    {
        var raw = JsonMarshal.GetRawUtf8Value(element);
        var compact = new byte[raw.Length];
        var length = 0;
        var inString = false;
        for (var i = 0; i < raw.Length; i++)
        {
            var c = raw[i];
            if (inString)
            {
                if (c == '\\') compact[length++] = raw[i++];
                else if (c == '"') inString = false;
            }
            else if (c == '"') inString = true;
            else if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') continue;
            compact[length++] = raw[i];
        }

        return new JsonText(compact.AsMemory(0, length));
    }

    public static implicit operator JsonText(JsonElement element) => Of(element);

    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
