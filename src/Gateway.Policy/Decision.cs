namespace Gateway.Policy;

/// <summary>Which of the two readings of a rule is in force.</summary>
public enum Semantics
{
    /// <summary>
    /// The original's answer, except that an atom which could not be evaluated (malformed, undefined rule, missing target attribute, null compared
    /// with null) never allows, neither under a <c>not</c> nor by an equality, and that empty and falsy rule values deny. It only ever turns an allow into a deny.
    /// </summary>
    Strict,

    /// <summary>The answers of oslo.policy 4.0.0. Where it raises, the decision is a denial that names the exception.</summary>
    Oslo,
}

/// <summary>What is known of a decision before the target is.</summary>
public enum Foresight
{
    /// <summary>Allowed whatever the target.</summary>
    Allowed,

    /// <summary>Denied whatever the target.</summary>
    Denied,

    DependsOnTarget,
}

/// <summary>An answer, with what it rests on.</summary>
/// <param name="Action">The action asked for, a rule's name such as <c>os_compute_api:os-create-backup</c>.</param>
/// <param name="Rule">The canonical text of the rule that decided; empty when there is none.</param>
/// <param name="Reason">
/// A stable code: <c>allowed</c>, <c>denied</c>, <c>no_rule</c>, <c>scope_mismatch</c>, <c>undetermined:{malformed, undefined_rule, missing_target,
/// empty_rule, null_equality}</c> (strict only), or <c>check_error:{SyntaxError, TypeError, ValueError, AttributeError, KeyError, OverflowError,
/// RecursionError, RemoteFault}</c>.
/// </param>
/// <param name="Revision">The revision of the policy that decided.</param>
public readonly record struct Decision(bool Allowed, string Action, string Rule, string Reason, string Revision);
