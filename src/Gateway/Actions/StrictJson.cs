using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Gateway.Actions;

/// <summary>
/// Reads a body in the one meaning all JSON readers share, or not at all: UTF-8 without a byte order mark, no duplicate keys at any depth
/// (escaped twins included), no lone surrogates, bounded depth, keys and numbers, nothing after the value.
/// </summary>
internal static class StrictJson
{
    /// <summary>Objects and arrays within each other, at most.</summary>
    public const int MaxDepth = 32;

    /// <summary>Keys in the whole body, at most.</summary>
    public const int MaxKeys = 1024;

    /// <summary>Characters of one number, at most.</summary>
    public const int MaxNumberLength = 64;

    // Duplicates are looked for by the parser below, when everything else is known to be in order.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Parses a whole body.</summary>
    /// <returns>
    /// The document, over the body's own bytes and good until it is disposed of, or null and a reason in the words of <see cref="RefusalReason"/>.
    /// </returns>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body, out string reason)
    {
        reason = Check(body.Span);
        if (reason.Length > 0)
            return null;

        try
        {
            return JsonDocument.Parse(body, Options);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            reason = RefusalReason.BodyDuplicateKey;
            return null;
        }
    }

    /// <summary>Everything but duplicate keys. Empty when the body is in order.</summary>
    private static string Check(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8))
            return RefusalReason.BodyBom;
        if (body.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return RefusalReason.BodyEmpty;
        if (!Utf8.IsValid(body))
            return RefusalReason.BodyNotUtf8;

        try
        {
            return Scan(body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader throws InvalidOperationException, not JsonException, for some ill-formed strings.
            return RefusalReason.BodyNotJson;
        }
    }

    private static string Scan(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        var keys = 0;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth >= MaxDepth:
                    return RefusalReason.BodyTooDeep;

                case JsonTokenType.PropertyName:
                    if (++keys > MaxKeys)
                        return RefusalReason.BodyTooManyKeys;
                    if (reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan))
                        return RefusalReason.BodyLoneSurrogate;
                    break;

                case JsonTokenType.String when reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan):
                    return RefusalReason.BodyLoneSurrogate;

                case JsonTokenType.Number when !IsBounded(reader.ValueSpan):
                    return RefusalReason.BodyNumber;
            }
        }

        return "";
    }

    private static bool IsBounded(ReadOnlySpan<byte> number) =>
        number.Length <= MaxNumberLength
        && Utf8Parser.TryParse(number, out double value, out _)
        && double.IsFinite(value);

    private static bool HasLoneSurrogate(ReadOnlySpan<byte> text)
    {
        var high = false;
        for (var i = 0; i < text.Length; i++)
        {
            var unit = -1;
            if (text[i] == '\\')
            {
                i++;
                if (text[i] == 'u' && Utf8Parser.TryParse(text.Slice(i + 1, 4), out ushort code, out _, 'x'))
                {
                    unit = code;
                    i += 4;
                }
            }

            var low = unit >= 0 && char.IsLowSurrogate((char)unit);
            if (high != low)
                return true;

            high = unit >= 0 && char.IsHighSurrogate((char)unit);
        }

        return high;
    }
}
