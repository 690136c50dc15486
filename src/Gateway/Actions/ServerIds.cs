namespace Gateway.Actions;

/// <summary>The canonical form of a server id: 8-4-4-4-12 lower-case hexadecimal digits.</summary>
internal static class ServerIds
{
    private const int Length = 36;

    public static bool IsCanonical(ReadOnlySpan<char> id) => HasForm(id, upperCase: false);

    /// <summary>A server id but for the case of its letters.</summary>
    public static bool IsOtherSpelling(ReadOnlySpan<char> id) => !IsCanonical(id) && HasForm(id, upperCase: true);

    private static bool HasForm(ReadOnlySpan<char> id, bool upperCase)
    {
        if (id.Length != Length)
            return false;

        for (var i = 0; i < Length; i++)
        {
            var ok = i is 8 or 13 or 18 or 23
                ? id[i] == '-'
                : char.IsAsciiHexDigitLower(id[i]) || (upperCase && char.IsAsciiHexDigitUpper(id[i]));
            if (!ok)
                return false;
        }

        return true;
    }
}
