using System.Buffers;
using System.Collections.Frozen;

namespace Gateway.Actions;

/// <summary>
/// Names of members whose values are secret wherever they stand. Beside the exact names, any name that speaks of a password, a secret or a
/// token counts, whatever its case and punctuation.
/// </summary>
internal static class SecretNames
{
    private const int LongestUsual = 128;

    private static readonly FrozenSet<string> Exact = FrozenSet.ToFrozenSet(
        ["adminpass", "userdata", "contents", "personality", "metadata", "meta", "privatekey", "apikey", "accesskey", "auth", "pass", "pwd", "authorization", "cookie"], StringComparer.Ordinal);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> ExactOf = Exact.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly SearchValues<string> Parts =
        SearchValues.Create(["password", "passwd", "passphrase", "secret", "token", "credential"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a member's value must not be shown or recorded.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="more">Names that the catalogue adds for this action.</param>
    public static bool Contains(string name, FrozenSet<string> more)
    {
        if (more.Contains(name))
            return true;

        Span<char> plain = name.Length <= LongestUsual ? stackalloc char[LongestUsual] : new char[name.Length];
        var length = 0;
        foreach (var c in name)
            if (char.IsLetterOrDigit(c)) plain[length++] = char.ToLowerInvariant(c);
        plain = plain[..length];
        return ExactOf.Contains(plain) || plain.ContainsAny(Parts);
    }

    /// <summary>Whether a text speaks of a password, a secret or a token; what stands behind it in a path must not be shown.</summary>
    public static bool SpeaksOfCredentials(ReadOnlySpan<char> text) => text.ContainsAny(Parts);
}
