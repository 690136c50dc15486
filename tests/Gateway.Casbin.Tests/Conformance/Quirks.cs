namespace Gateway.Casbin.Tests.Conformance;

/// <summary>Where this engine means to answer differently from the npm package `casbin`, and why. What is not listed here must agree.</summary>
internal static class Quirks
{
    /// <summary>Loads that are refused here: the end of the message, and what the package does instead.</summary>
    public static readonly (string Refusal, string Reason)[] Refusals =
    [
        ("quote a field that holds a comma", "the package takes rows of any width: a missing field is undefined, a further one is ignored"),
        ("the model defines no `", "the package ignores rows of a type that the model does not define"),
        ("mention `p.` in the matcher or remove the row", "with a matcher that looks at no row the package allows although rows deny"),
        ("is not a regular expression", "the package throws at the first request"),
        ("neither an address nor a range", "the package throws at the first request"),
        (".sub_rule`:", "a field that is no rule reaches eval; the package throws, or reads unknown names as undefined, at each request"),
        ("is no priority; write a whole number", "the package sorts by NaN"),
    ];

    /// <summary>Decisions that differ, in the order in which they are tried.</summary>
    public static readonly (string Name, string Reason, Func<Vector, bool> Applies)[] Decisions =
    [
        ("row 0 explains nothing", "for a matcher that looks at no row the package explains by the first row, which had no part in it",
            v => v.Theirs.Allowed == v.Ours.Allowed && v.Ours.Explanation.Length == 0 && !v.Matcher.Contains("p.", StringComparison.Ordinal)),
        ("object as text", "an object given to `g` or a built-in function is refused here; the package compares the text `[object Object]`",
            v => v.Ours.Error is { } error && error.Contains("stands where text is needed", StringComparison.Ordinal) && v.Theirs.Allowed != true),
        ("raises", "where the package throws, this engine denies or throws", v => v.Theirs.Error is not null && v.Ours.Allowed != true),
    ];
}

/// <summary>One comparison.</summary>
internal sealed record Vector(string Model, string Policy, object[] Request, Answer Theirs, Answer Ours, string Matcher)
{
    public bool Agrees => Theirs.Error is null && Ours.Error is null && Theirs.Allowed == Ours.Allowed && Theirs.Explanation == Ours.Explanation;

    public override string ToString() => $"{Model} + {Policy}: ({string.Join(", ", Request)}): package {Theirs}, here {Ours}";
}

/// <summary>Allowed or not and the explaining row's fields joined by `|`, or an error.</summary>
internal sealed record Answer(bool? Allowed, string Explanation, string? Error)
{
    public override string ToString() => Error is not null ? $"error `{Error}`" : $"{(Allowed == true ? "allows" : "denies")} by [{Explanation}]";
}
