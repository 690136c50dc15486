using System.Globalization;
using System.Text;

namespace Gateway.Cli;

/// <summary>Text from elsewhere, made safe to show: what would move the cursor or break the line is spelled out.</summary>
internal static class Printable
{
    public static string Of(string text)
    {
        if (!text.Any(Moves)) return text;
        var safe = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            if (Moves(character)) safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else safe.Append(character);
        }

        return safe.ToString();
    }

    // Cf holds the marks that turn the direction of text around.
    private static bool Moves(char character) => char.GetUnicodeCategory(character)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
