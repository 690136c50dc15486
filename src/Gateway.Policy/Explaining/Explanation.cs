namespace Gateway.Policy;

/// <summary>What one check came to.</summary>
public enum CheckResult
{
    /// <summary>✓</summary>
    Holds,

    /// <summary>✕</summary>
    Fails,

    /// <summary>What came before had decided already.</summary>
    NotReached,

    /// <summary>False to the original, but not really determined; <see cref="ExplainedCheck.Note"/> says why.</summary>
    Undetermined,

    /// <summary>The original raises; <see cref="ExplainedCheck.Note"/> names the error.</summary>
    Error,
}

/// <summary>One node of an explanation.</summary>
/// <param name="Text">The check's canonical text; for <c>and</c> and <c>or</c> the operator alone.</param>
/// <param name="Caller">What the caller has there, as text; null where nothing of the caller is looked at.</param>
/// <param name="Target">What the check asks for once the target is filled in; null where nothing is.</param>
/// <param name="Note">Why it is undetermined or in error; empty otherwise.</param>
/// <param name="File">Where the check was written: a file, or the name of the default set.</param>
/// <param name="Line">From 1; 0 for defaults.</param>
/// <param name="Children">The operands; for <c>rule:</c> the rule it names.</param>
public sealed record ExplainedCheck(
    string Text, CheckResult Result, string? Caller, string? Target, string Note, string File, int Line, IReadOnlyList<ExplainedCheck> Children);

/// <summary>A decision and how it came about.</summary>
/// <param name="Tree">The rule, check by check; null when there is no rule.</param>
/// <param name="Scope">A sentence on the token's scope when that decided; empty otherwise.</param>
/// <param name="Change">
/// The smallest change of the caller that would turn the decision, the target staying as it is; all of it is needed. Empty when there is none, or when
/// the caller or the rule is beyond the analysis.
/// </param>
public sealed record Explanation(Decision Decision, ExplainedCheck? Tree, string Scope, IReadOnlyList<string> Change);
