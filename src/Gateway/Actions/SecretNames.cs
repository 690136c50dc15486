using System.Collections.Frozen;

namespace Gateway.Actions;

/// <summary>
/// Names of members whose values are secret wherever they stand. Beside the exact names, any name that speaks of a password, a secret or a
/// token counts, whatever its case and punctuation.
/// </summary>
internal static class SecretNames
{
    private static readonly FrozenSet<string> Exact = FrozenSet.ToFrozenSet(
        ["adminpass", "userdata", "contents", "personality", "metadata", "privatekey", "auth", "pass", "pwd", "authorization", "cookie"], StringComparer.Ordinal);

    private static readonly string[] Parts = ["password", "passwd", "passphrase", "secret", "token", "credential"];

    /// <summary>Whether a member's value must not be shown or recorded.</summary>
    /// <param name="name">The member's name.</param>
    /// <param name="more">Names that the catalogue adds for this action.</param>
    public static bool Contains(string name, FrozenSet<string> more)
    {
        if (more.Contains(name))
            return true;

        var plain = Plain(name);
        return Exact.Contains(plain) || IsCredentials(plain);
    }

    /// <summary>Whether a part of a path must not be shown: one whose name, or the part before it, speaks of a password, a secret or a token.</summary>
    public static bool NamesCredentials(string name) => IsCredentials(Plain(name));

    private static bool IsCredentials(string plain) => Parts.Any(part => plain.Contains(part, StringComparison.Ordinal));

    private static string Plain(string name) =>
        string.Create(name.Count(char.IsLetterOrDigit), name, (span, text) =>
        {
            var at = 0;
            foreach (var c in text.Where(char.IsLetterOrDigit))
                span[at++] = char.ToLowerInvariant(c);
        });
}
