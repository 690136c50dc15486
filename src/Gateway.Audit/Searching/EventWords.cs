namespace Gateway.Audit;

/// <summary>The words of a record, as its full-text index knows them: letters, digits, <c>-</c> and <c>_</c>; everything else parts them.</summary>
internal static class EventWords
{
    public const int LongestWord = 128;

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

    public static bool IsOfWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (c > 127 && char.IsLetterOrDigit(c));
}
