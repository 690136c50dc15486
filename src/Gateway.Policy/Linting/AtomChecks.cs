using Gateway.Policy.Analysis;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Files;
using Gateway.Policy.Language;
using Gateway.Policy.Python;

namespace Gateway.Policy.Linting;

/// <summary>Looks at each check as it is written: what does not parse, what is misspelt, what cannot match, what a <c>not</c> turns into a yes.</summary>
internal sealed class AtomChecks
{
    private static readonly string[] Kinds = ["rule", "role", "http", "https", "is_admin"];

    // What oslo.context hands to the rules, and the copy of the system scope that the engine adds.
    private static readonly string[] TokenAttributes =
    [
        "user_id", "user_domain_id", "system_scope", "domain_id", "project_id", "project_domain_id", "roles", "is_admin_project", "service_user_id",
        "service_user_domain_id", "service_project_id", "service_project_domain_id", "service_roles", "is_admin", "system",
    ];

    private static readonly string[] CommonRoles = ["admin", "manager", "member", "reader", "service"];

    private readonly LintedPolicy _policy;
    private readonly FindingSink _sink;
    private readonly LintOptions _lint;
    private readonly HashSet<string> _roles;
    private readonly HashSet<string> _attributes = new(TokenAttributes, StringComparer.Ordinal);
    private readonly HashSet<string> _targets = new(StringComparer.Ordinal) { "project_id", "user_id" };

    public AtomChecks(LintedPolicy policy, LintOptions lint, FindingSink sink)
    {
        _policy = policy;
        _sink = sink;
        _lint = lint;
        _roles = new HashSet<string>(CommonRoles.Concat(lint.PersonaRoles ?? []).Select(PythonText.Lower), StringComparer.Ordinal);
        foreach (var registered in policy.Defaults) Learn(policy.Parser.ParseText(registered.Check));
    }

    private void Learn(Check check)
    {
        foreach (var child in check.Children) Learn(child);
        if (check is not AtomCheck { Type: not AtomKind.Rule } atom) return;
        foreach (var key in RuleAtoms.KeysOf(atom.Plan.Template)) _targets.Add(key);
        if (atom.Plan is RolePlan { Template.Constant: { } role }) _roles.Add(PythonText.Lower(role));
        if (atom.Plan is AttributePlan { Kind: { Fault: Outcome.True, Literal: null } kind }) _attributes.Add(kind.Path[0]);
    }

    public void Run()
    {
        foreach (var rule in _policy.Rules)
        {
            switch (rule.Check)
            {
                case ConstantCheck { Origin: ConstantOrigin.Empty or ConstantOrigin.NothingLeft } constant:
                    Empty(rule, constant);
                    break;
                case StrayTokenCheck stray:
                    Broken(rule, -1, LintRules.MalformedRule, $"`{stray.Text}` alone is no check; write `\"!\"` for nobody or `\"@\"` for everyone");
                    break;
                default:
                    Walk(rule, rule.Check, negated: false);
                    break;
            }
        }
    }

    private void Report(LintedRule rule, int offset, string code, string message) =>
        _sink.Add(rule.Rule.Origin, offset, rule.Rule, code, $"rule `{rule.Name}`: {message}");

    private void Broken(LintedRule rule, int offset, string code, string message)
    {
        rule.IsBroken = true;
        Report(rule, offset, code, message);
    }

    private void Empty(LintedRule rule, ConstantCheck constant)
    {
        if (constant.Origin == ConstantOrigin.NothingLeft)
        {
            Broken(rule, -1, LintRules.EmptyRule, "a list of nothing allows nobody; write `\"!\"`");
        }
        else if (constant.Text.Length == 0)
        {
            Broken(rule, -1, LintRules.EmptyRule, "an empty text allows everyone; write `\"@\"` if that is meant, `\"!\"` for nobody");
        }
        else if (rule.Rule.Value is null && IsExclamation(rule))
        {
            Broken(rule, -1, LintRules.BareExclamation, "an unquoted `!` is null to YAML, which allows everyone; write `\"!\"` in quotes for nobody");
        }
        else
        {
            Broken(rule, -1, LintRules.FalsyRule, $"{(rule.Written.Length == 0 ? "nothing at all" : $"`{rule.Written}`")} allows everyone; write `\"!\"` in quotes for nobody, `\"@\"` for everyone");
        }
    }

    private static bool IsExclamation(LintedRule rule)
    {
        var origin = rule.Rule.Origin;
        if (origin.Line < 1 || origin.Line > rule.Lines.Length || origin.Column < 1) return false;
        var line = rule.Lines[origin.Line - 1];
        // The place of a value that is a tag alone may be the tag's or just behind it.
        return line.AsSpan(0, Math.Min(line.Length, origin.Column)).TrimEnd().EndsWith("!");
    }

    private void Walk(LintedRule rule, Check check, bool negated)
    {
        switch (check)
        {
            case NotCheck not:
                if (NamesRole(not.Inner)) Report(rule, not.Offset, LintRules.NegativeRole, $"`{not}` is passed by every caller without the role, whatever other rights they have; name the roles that may instead");
                Walk(rule, not.Inner, !negated);
                return;
            case ConstantCheck { Origin: ConstantOrigin.Malformed } constant when negated:
                Broken(rule, constant.Offset, LintRules.NotMalformed, $"{constant.Fault}, so the original reads it as false, and the `not` before it as true for everyone; correct it or remove it");
                break;
            case ConstantCheck { Origin: ConstantOrigin.Malformed } constant:
                Broken(rule, constant.Offset, LintRules.MalformedRule, $"{constant.Fault}, so the original reads it as false; correct it or remove it");
                break;
            case AtomCheck { Type: AtomKind.Rule } atom when _policy.Table.Find(atom.Match) is null:
                var suggestion = Suggestion.For(atom.Match, _policy.Table.Rules.Keys);
                if (negated) Broken(rule, atom.Offset, LintRules.NotUndefined, $"`{atom}` refers to a rule that does not exist, and the `not` before it makes that true for everyone; define the rule or remove the reference{suggestion}");
                else Broken(rule, atom.Offset, LintRules.UndefinedRule, $"`{atom}` refers to a rule that does not exist, so it never holds; define the rule or remove the reference{suggestion}");
                break;
            case AtomCheck { Type: AtomKind.Rule } atom when negated:
                NegatedReference(rule, atom);
                break;
            case AtomCheck { Type: not AtomKind.Rule } atom:
                Atom(rule, atom, negated);
                break;
        }
        foreach (var child in check.Children) Walk(rule, child, negated);
    }

    private static bool NamesRole(Check check) => check is AtomCheck { Type: AtomKind.Role } || check is JunctionCheck && check.Children.Any(NamesRole);

    // A comparison with the target that another rule makes, turned round by a `not` before the reference.
    private void NegatedReference(LintedRule rule, AtomCheck reference)
    {
        var seen = new HashSet<(string, bool)>();
        if (_policy.Table.Find(reference.Match) is { } referred && Compared(referred, negated: true) is { } comparison)
        {
            Report(rule, reference.Offset, LintRules.NotMissingTarget,
                $"`not` turns `{comparison}` in `{reference}` into a yes when the target lacks the attribute, to the original (here it denies); test for what must hold instead");
        }

        AtomCheck? Compared(EffectiveRule target, bool negated) => seen.Add((target.Name, negated)) ? Below(target.Check, negated) : null;

        AtomCheck? Below(Check check, bool negated) => check switch
        {
            NotCheck not => Below(not.Inner, !negated),
            AtomCheck { Type: AtomKind.Rule } next => _policy.Table.Find(next.Match) is { } found ? Compared(found, negated) : null,
            AtomCheck { Type: AtomKind.Role or AtomKind.Attribute } found when negated && found.Plan.Template is { Constant: null } => found,
            _ => check.Children.Select(child => Below(child, negated)).FirstOrDefault(found => found is not null),
        };
    }

    private void Atom(LintedRule rule, AtomCheck atom, bool negated)
    {
        var plan = atom.Plan;
        if (plan is AttributePlan { Kind.Fault: not Outcome.True } unreadable)
        {
            Broken(rule, atom.Offset, LintRules.UnreadableAtom,
                $"`{atom.Kind}` in `{atom}` is neither an attribute nor a literal, and every evaluation fails with {unreadable.Kind.Fault.ErrorName()}; correct the left side");
            return;
        }
        if (plan.Template is { Constant: null, Key: null } template)
        {
            var outcome = PythonFormat.Format(template.Text, AnyKey.Instance, out _, out _);
            if (outcome.IsError())
            {
                Broken(rule, atom.Offset, LintRules.BadFormat, $"`{atom}` cannot be filled in from a target ({outcome.ErrorName()}); write `%(name)s` for an attribute and `%%` for a percent sign");
                return;
            }
        }
        foreach (var key in RuleAtoms.KeysOf(plan.Template).Where(key => !_targets.Contains(key)))
        {
            rule.IsDoubtful = true;
            Report(rule, atom.Offset, LintRules.UnknownTargetAttribute, $"no rule of `{_policy.Options.Defaults}` uses the target attribute `{key}`; where the target lacks it, `{atom}` never holds{Suggestion.For(key, _targets)}");
        }
        if (negated && plan.Template is { Constant: null } && atom.Type is AtomKind.Role or AtomKind.Attribute)
        {
            Report(rule, atom.Offset, LintRules.NotMissingTarget, $"`not {atom}` is true to the original when the target lacks the attribute (here it denies); test for what must hold instead");
        }
        switch (plan)
        {
            case RolePlan { Template.Constant: { } role }:
                Role(rule, atom, PythonText.Lower(role));
                break;
            case AttributePlan { Kind: { Literal: null } kind }:
                Attribute(rule, atom, kind.Path);
                break;
        }
    }

    private void Role(LintedRule rule, AtomCheck atom, string role)
    {
        if (_roles.Contains(role)) return;
        rule.IsDoubtful |= Suggestion.For(role, _roles).Length > 0;
        var suggestion = Suggestion.For(role, _roles);
        if (suggestion.Length > 0) Report(rule, atom.Offset, LintRules.MisspeltRole, $"`{atom}` names a role that is not known{suggestion}");
        else if (_lint.PersonaRoles is not null) Report(rule, atom.Offset, LintRules.UnknownRole, $"no persona has the role `{role}`; add one, so that cases can try the rule");
    }

    private void Attribute(LintedRule rule, AtomCheck atom, string[] path)
    {
        var root = path[0];
        if (!_attributes.Contains(root))
        {
            rule.IsDoubtful = true;
            var kind = Kinds.FirstOrDefault(kind => kind.Equals(root, StringComparison.OrdinalIgnoreCase));
            var suggestion = root is "tenant_id" or "tenant" ? "; did you mean `project_id`?" : Suggestion.For(root, Kinds.Concat(_attributes));
            if (kind is not null) Report(rule, atom.Offset, LintRules.MisspeltKind, $"kinds of checks are case-sensitive, so `{atom}` compares an attribute `{root}` that no token carries; did you mean `{kind}`?");
            else if (suggestion.Length > 0) Report(rule, atom.Offset, LintRules.MisspeltKind, $"`{root}` in `{atom}` is neither a kind of check nor an attribute of a token{suggestion}");
            else Report(rule, atom.Offset, LintRules.UnknownAttribute, $"no token carries the attribute `{root}`, so `{atom}` never holds; compare one of {string.Join(", ", TokenAttributes)}");
            return;
        }
        if (atom.Match.Length >= 2 && atom.Match[0] is '\'' or '"' && atom.Match[0] == atom.Match[^1])
        {
            rule.IsDoubtful = true;
            Report(rule, atom.Offset, LintRules.QuotedLiteral, $"`{atom}` can never match, because the quotes belong to the text that is compared; write `{atom.Kind}:{atom.Match[1..^1]}`");
        }
        else if (_policy.Options.Semantics == Semantics.Oslo && atom.Plan.Template!.Key is not null)
        {
            Report(rule, atom.Offset, LintRules.NullEquality, $"`{atom}` also holds when both sides are null, as for a system token on a target without an owner; use the strict semantics, or demand a role as well");
        }
    }
}
