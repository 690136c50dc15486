using System.Buffers.Text;
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

    /// <summary>Reads a whole body.</summary>
    /// <returns>
    /// The document, over the body's own bytes and good until it is disposed of, or null and a reason in the words of <see cref="RefusalReason"/>.
    /// </returns>
    public static BodyDocument? Parse(ReadOnlyMemory<byte> body, out string reason)
    {
        reason = Check(body.Span);
        return reason.Length > 0 ? null : BodyDocument.Parse(body, out reason);
    }

    /// <summary>A number that every reader takes for the same one.</summary>
    internal static bool IsBounded(ReadOnlySpan<byte> number) =>
        number.Length <= MaxNumberLength
        && Utf8Parser.TryParse(number, out double value, out _)
        && double.IsFinite(value);

    /// <summary>Half of a character, which no two readers take for the same; the text is what stands between the quotes, with its escapes.</summary>
    internal static bool HasLoneSurrogate(ReadOnlySpan<byte> text)
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

    /// <summary>What can be told from the bytes alone. Empty when they are in order.</summary>
    private static string Check(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8)) return RefusalReason.BodyBom;
        if (body.IndexOfAnyExcept(" \t\r\n"u8) < 0) return RefusalReason.BodyEmpty;
        return Utf8.IsValid(body) ? "" : RefusalReason.BodyNotUtf8;
    }
}
