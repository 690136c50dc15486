namespace Gateway.Policy;

/// <summary>
/// What one check gave. The original engine knows only true, false and exceptions; the strict semantics also need to know why a
/// false (or a true) was not really determined, so those have names of their own.
/// </summary>
internal enum Outcome : byte
{
    False,
    True,

    // False to the original, undetermined to the strict semantics.
    Malformed,
    UndefinedRule,
    MissingTarget,

    // True to the original, undetermined to the strict semantics.
    EmptyRule,
    NullEquality,

    // Exceptions of the original. Every one of them denies.
    SyntaxError,
    TypeError,
    ValueError,
    AttributeError,
    KeyError,
    OverflowError,
    RecursionError,
    RemoteFault,
}

internal static class OutcomeExtensions
{
    private static readonly string[] ErrorNames =
        ["SyntaxError", "TypeError", "ValueError", "AttributeError", "KeyError", "OverflowError", "RecursionError", "RemoteFault"];

    private static readonly string[] ErrorReasons = [.. ErrorNames.Select(name => "check_error:" + name)];

    public static bool IsError(this Outcome outcome) => outcome >= Outcome.SyntaxError;

    /// <summary>Whether the strict semantics hold the answer for undetermined.</summary>
    public static bool IsUndetermined(this Outcome outcome) => outcome is >= Outcome.Malformed and <= Outcome.NullEquality;

    /// <summary>The original's answer.</summary>
    public static bool IsTrue(this Outcome outcome) => outcome is Outcome.True or Outcome.EmptyRule or Outcome.NullEquality;

    /// <summary>The exception's name, as the original raises it; <c>RemoteFault</c> stands for every fault of a remote check.</summary>
    public static string ErrorName(this Outcome outcome) => ErrorNames[outcome - Outcome.SyntaxError];

    /// <summary>The stable reason code of a denial, see <see cref="Decision.Reason"/>.</summary>
    public static string Reason(this Outcome outcome) => outcome switch
    {
        Outcome.Malformed => "undetermined:malformed",
        Outcome.UndefinedRule => "undetermined:undefined_rule",
        Outcome.MissingTarget => "undetermined:missing_target",
        Outcome.EmptyRule => "undetermined:empty_rule",
        Outcome.NullEquality => "undetermined:null_equality",
        Outcome.False => "denied",
        Outcome.True => "allowed",
        _ => ErrorReasons[outcome - Outcome.SyntaxError],
    };
}
