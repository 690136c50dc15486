namespace Gateway.Policy.Linting;

/// <summary>Everything the linter looks for. Codes are never reused.</summary>
public static class LintRules
{
    internal const string UnreadableFile = "OP001";
    internal const string BrokenFile = "OP002";
    internal const string DuplicateRule = "OP003";
    internal const string NonStringName = "OP004";
    internal const string NotARule = "OP005";
    internal const string StrayFile = "OP006";
    internal const string EmptyFile = "OP007";
    internal const string BareExclamation = "OP010";
    internal const string FalsyRule = "OP011";
    internal const string EmptyRule = "OP012";
    internal const string NotMalformed = "OP013";
    internal const string NotUndefined = "OP014";
    internal const string NotMissingTarget = "OP015";
    internal const string NullEquality = "OP016";
    internal const string MalformedRule = "OP017";
    internal const string UnreadableAtom = "OP018";
    internal const string BadFormat = "OP019";
    internal const string UndefinedRule = "OP020";
    internal const string RuleCycle = "OP021";
    internal const string UnknownAction = "OP022";
    internal const string MisspeltRole = "OP023";
    internal const string UnknownRole = "OP024";
    internal const string MisspeltKind = "OP025";
    internal const string UnknownAttribute = "OP026";
    internal const string UnknownTargetAttribute = "OP027";
    internal const string QuotedLiteral = "OP028";
    internal const string AlwaysTrue = "OP030";
    internal const string AlwaysFalse = "OP031";
    internal const string EveryCaller = "OP032";
    internal const string RedundantOverride = "OP033";
    internal const string ShadowedOverride = "OP034";
    internal const string LooserThanDefault = "OP035";
    internal const string NegativeRole = "OP036";
    internal const string UnreachableAlternative = "OP037";
    internal const string RedundantCondition = "OP038";
    internal const string SuppressionWithoutReason = "OP090";
    internal const string SuppressionWithoutEffect = "OP091";
    internal const string UnusedSuppression = "OP092";

    /// <summary>In the order of codes.</summary>
    public static IReadOnlyList<LintRule> All { get; } =
    [
        new(UnreadableFile, "unreadable-file", Severity.Error, "A file or directory cannot be read; without it the defaults would silently be back in force."),
        new(BrokenFile, "broken-file", Severity.Error, "A file is not a YAML or JSON mapping; the original would answer one request with an error and from then on silently do without it and every file after it."),
        new(DuplicateRule, "duplicate-rule", Severity.Error, "A name stands twice in one file; the original silently takes the last."),
        new(NonStringName, "non-string-name", Severity.Error, "A name is no string to YAML (`yes`, `on`, `1`), so the rule would never be found."),
        new(NotARule, "not-a-rule", Severity.Error, "A value cannot be a rule: `true`, a number, a date."),
        new(StrayFile, "stray-file", Severity.Error, "A policy directory holds an editor's backup or a file that is no policy; the original would load it."),
        new(EmptyFile, "empty-file", Severity.Warning, "A file is empty, perhaps cut off: every rule is the default's."),
        new(BareExclamation, "bare-exclamation", Severity.Error, "An unquoted `!` is null to YAML, which allows everyone; quoted it denies everyone."),
        new(FalsyRule, "falsy-rule", Severity.Error, "`no`, `off`, `false`, `null`, `0`, `[]` or nothing at all as a rule allows everyone."),
        new(EmptyRule, "empty-rule", Severity.Error, "An empty text allows everyone; a list of nothing nobody."),
        new(NotMalformed, "not-malformed", Severity.Error, "A `not` before something that is no check is always true."),
        new(NotUndefined, "not-undefined", Severity.Error, "A `not` before a rule that does not exist is always true."),
        new(NotMissingTarget, "not-missing-target", Severity.Warning, "A `not` before a comparison with the target is true to the original when the target lacks the attribute; the strict semantics deny then."),
        new(NullEquality, "null-equality", Severity.Warning, "A comparison with the target holds when both sides are null. Reported for `--semantics oslo` only; the strict semantics deny then."),
        new(MalformedRule, "malformed-rule", Severity.Error, "A rule does not parse; the original silently reads it as false."),
        new(UnreadableAtom, "unreadable-atom", Severity.Error, "The left side of a check is neither an attribute nor a literal; every evaluation fails."),
        new(BadFormat, "bad-format", Severity.Error, "The right side of a check cannot be filled in from any target."),
        new(UndefinedRule, "undefined-rule", Severity.Error, "A check refers to a rule that does not exist, and so never holds."),
        new(RuleCycle, "rule-cycle", Severity.Error, "A rule refers to itself, directly or through others, also below `not`."),
        new(UnknownAction, "unknown-action", Severity.Error, "A rule guards nothing in the release, and no other rule refers to it."),
        new(MisspeltRole, "misspelt-role", Severity.Warning, "A role is unknown, but nearly a known one."),
        new(UnknownRole, "unknown-role", Severity.Note, "No persona has the role; reported when personas are given."),
        new(MisspeltKind, "misspelt-kind", Severity.Warning, "A kind of check is unknown, but nearly a known one; kinds are case-sensitive."),
        new(UnknownAttribute, "unknown-attribute", Severity.Warning, "No token carries the attribute that is compared, so the check never holds."),
        new(UnknownTargetAttribute, "unknown-target-attribute", Severity.Warning, "The target attribute is not one the release's rules use, so it may be missing, and the check never hold."),
        new(QuotedLiteral, "quoted-literal", Severity.Warning, "The quotes on the right side belong to the text that is compared, so the check can never match."),
        new(AlwaysTrue, "always-true", Severity.Warning, "A rule of several checks comes to true whoever asks for whatever."),
        new(AlwaysFalse, "always-false", Severity.Warning, "A rule that looks as if it allowed somebody allows nobody."),
        new(EveryCaller, "every-caller", Severity.Warning, "An action is open to every authenticated caller."),
        new(RedundantOverride, "redundant-override", Severity.Note, "An override means the same as the default without it."),
        new(ShadowedOverride, "shadowed-override", Severity.Warning, "A later file overrides the rule, so it has no effect."),
        new(LooserThanDefault, "looser-than-default", Severity.Warning, "An override allows somebody whom the release's default denies."),
        new(NegativeRole, "negative-role", Severity.Warning, "A `not role:` is passed by whoever lacks the role, with any rights or none."),
        new(UnreachableAlternative, "unreachable-alternative", Severity.Warning, "An alternative of an `or` adds nothing: it never holds, or only when another does."),
        new(RedundantCondition, "redundant-condition", Severity.Note, "A condition of an `and` always holds when the others do."),
        new(SuppressionWithoutReason, "suppression-without-reason", Severity.Warning, "A suppression gives no reason, and so does not count."),
        new(SuppressionWithoutEffect, "suppression-without-effect", Severity.Warning, "A suppression names a code that does not exist or cannot be suppressed."),
        new(UnusedSuppression, "unused-suppression", Severity.Note, "A suppression has nothing to suppress."),
    ];

    private static readonly Dictionary<string, LintRule> ByCode = All.ToDictionary(rule => rule.Code, StringComparer.Ordinal);

    /// <summary>The rule of a code, or null.</summary>
    public static LintRule? Find(string code) => ByCode.GetValueOrDefault(code);
}
