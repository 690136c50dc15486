using System.Text;

namespace Gateway.FrontDoor;

/// <summary>
/// How the bytes of a Connection header are read. By itself Kestrel keeps of <c>close, X-Auth-Token</c> the <c>close</c> alone, so that nothing after it could
/// tell that a header was nominated to be dropped on the way. A value with a word of its sender's own is read behind two words that do not go together, which
/// Kestrel leaves as they are.
/// </summary>
internal sealed class ConnectionWords : Encoding
{
    public static readonly ConnectionWords Instance = new();

    private const string Kept = "keep-alive, close, ";

    private static readonly string[] Known = ["close", "keep-alive", "upgrade", "te"];

    private ConnectionWords()
    {
    }

    public override int GetCharCount(byte[] bytes, int index, int count) => count + (IsPlain(bytes.AsSpan(index, count)) ? 0 : Kept.Length);

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var value = bytes.AsSpan(byteIndex, byteCount);
        var start = charIndex;
        if (!IsPlain(value))
        {
            Kept.CopyTo(chars.AsSpan(start));
            start += Kept.Length;
        }

        return start - charIndex + Latin1.GetChars(value, chars.AsSpan(start));
    }

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetMaxCharCount(int byteCount) => byteCount + Kept.Length;

    public override int GetMaxByteCount(int charCount) => charCount;

    private static bool IsPlain(ReadOnlySpan<byte> value)
    {
        foreach (var range in value.Split((byte)','))
        {
            var word = value[range].Trim(" \t"u8);
            if (!word.IsEmpty && !IsKnown(word)) return false;
        }

        return true;
    }

    private static bool IsKnown(ReadOnlySpan<byte> word)
    {
        foreach (var known in Known)
            if (Ascii.EqualsIgnoreCase(word, known)) return true;
        return false;
    }
}
