namespace Gateway.Policy.Python;

/// <summary>How the left side of a check reads as Python: the text of a literal, a path into the credentials, or an error.</summary>
/// <param name="Fault"><see cref="Outcome.True"/>, or the error every evaluation raises.</param>
/// <param name="Literal">The text of the literal, when it is one.</param>
/// <param name="Path">The segments of the path, when it is not.</param>
internal sealed record KindReading(Outcome Fault, string? Literal, string[] Path)
{
    public static KindReading OfPath(string kind) => new(Outcome.True, null, kind.Split('.'));

    public static KindReading OfLiteral(string text) => new(Outcome.True, text, []);

    public static KindReading OfFault(Outcome fault) => new(fault, null, []);
}

/// <summary>
/// Reads the left side of a check as the original does: with <c>ast.literal_eval</c>. A literal is compared by its text; valid Python that is no literal
/// is taken for a path, as it stands, split at the dots; anything else raises SyntaxError at every evaluation.
/// </summary>
internal static class PythonKind
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
        "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try",
        "while", "with", "yield",
    };

    public static bool IsKeyword(string name) => Keywords.Contains(name);

    public static KindReading Read(string kind)
    {
        if (IsDottedName(kind)) return KindReading.OfPath(kind);
        // Python refuses to compile these with a ValueError, which the original takes for "not a literal".
        if (kind.Contains('\0') || HasLoneSurrogate(kind)) return KindReading.OfPath(kind);
        try
        {
            var value = new PythonExpression(kind.TrimStart(' ', '\t')).Evaluate();
            return value is null ? KindReading.OfPath(kind) : KindReading.OfLiteral(value.Str());
        }
        catch (PythonExpressionException fault)
        {
            return KindReading.OfFault(fault.Outcome);
        }
    }

    private static bool IsDottedName(string kind)
    {
        foreach (var segment in kind.Split('.'))
        {
            if (segment.Length == 0 || char.IsAsciiDigit(segment[0]) || IsKeyword(segment)) return false;
            if (!segment.All(ch => char.IsAsciiLetterOrDigit(ch) || ch == '_')) return false;
        }
        return true;
    }

    private static bool HasLoneSurrogate(string text) => PythonText.Codepoints(text).Any(rune => rune is >= 0xd800 and <= 0xdfff);
}

/// <summary>The text is not Python (SyntaxError), or building its value fails (TypeError).</summary>
internal sealed class PythonExpressionException(Outcome outcome) : Exception
{
    public Outcome Outcome { get; } = outcome;
}
