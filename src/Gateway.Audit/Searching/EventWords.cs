using System.Text;
using System.Text.Json;

namespace Gateway.Audit;

/// <summary>The words of a record, as its full-text index knows them: letters, digits, <c>-</c> and <c>_</c>; everything else parts them.</summary>
internal static class EventWords
{
    private const int LongestWord = 128;

    // The members of a request's body stand this deep: event, attachments, attachment, content, body.
    private const int BodyDepth = 4;

    /// <summary>Every text and number in the record, but for its type URIs, which stand in all; and the names of the body's members.</summary>
    public static string Of(ReadOnlySpan<byte> utf8)
    {
        var text = new StringBuilder(1024);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 1024 });
        var skip = false;
        var inBody = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.CurrentDepth <= BodyDepth) inBody = reader.CurrentDepth == BodyDepth && reader.ValueTextEquals("body"u8);
                else if (inBody) Append(text, Unescaped(ref reader));
                skip = reader.ValueTextEquals("typeURI"u8) || reader.ValueTextEquals("hash"u8) || reader.ValueTextEquals("note"u8) || reader.ValueTextEquals("peaks"u8);
            }
            else if (!skip && reader.TokenType is JsonTokenType.String or JsonTokenType.Number)
            {
                text.Append(' ');
                Append(text, reader.TokenType == JsonTokenType.Number || !reader.ValueIsEscaped ? Encoding.UTF8.GetString(reader.ValueSpan) : Unescaped(ref reader));
            }
        }

        return text.ToString();
    }

    /// <summary>What a person searched for, as an expression: every word must stand in the record; one that ends in <c>*</c> is the beginning of a word.</summary>
    /// <returns>Null when it holds no word.</returns>
    public static string? Expression(string search)
    {
        var words = new List<string>();
        foreach (var part in search.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var found = Split(part).ToList();
            for (var i = 0; i < found.Count; i++)
                words.Add($"\"{found[i]}\"{(i == found.Count - 1 && part.EndsWith('*') ? "*" : "")}");
        }

        return words.Count == 0 ? null : string.Join(" AND ", words);
    }

    private static IEnumerable<string> Split(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && IsOfWord(text[i]))
            {
                if (start < 0) start = i;
            }
            else if (start >= 0)
            {
                yield return text[start..Math.Min(i, start + LongestWord)];
                start = -1;
            }
        }
    }

    private static void Append(StringBuilder to, string text)
    {
        foreach (var word in Split(text)) to.Append(word).Append(' ');
    }

    private static string Unescaped(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // An escape that is JSON but not text.
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    private static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c is '-' or '_';
}
