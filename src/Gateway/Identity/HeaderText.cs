namespace Gateway.Identity;

/// <summary>
/// Which names and ids can stand in a header. A line end would be written to the backend as it is, and what follows it would be a header of its own:
/// whoever may name a user, a project or a role could give himself roles.
/// </summary>
internal static class HeaderText
{
    public static bool IsSafe(string text)
    {
        foreach (var character in text)
            if (char.IsControl(character)) return false;
        return true;
    }

    /// <summary>The text as it is.</summary>
    /// <exception cref="SubjectMalformedException">It holds a control character.</exception>
    public static string? Of(string? text, string place) => text is null || IsSafe(text) ? text : throw new SubjectMalformedException(place);
}

/// <summary>A verified token that says something of its bearer that no header can hold.</summary>
internal sealed class SubjectMalformedException(string place) : Exception($"`{place}` holds a control character");
