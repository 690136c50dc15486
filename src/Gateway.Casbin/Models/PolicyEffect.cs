namespace Gateway.Casbin;

/// <summary>How the matched rows' effects become one decision. A closed list, told apart by its exact text.</summary>
internal enum PolicyEffect
{
    /// <summary>Allowed when some matched row allows.</summary>
    AllowOverride,

    /// <summary>Allowed unless some matched row denies; also when nothing matched.</summary>
    DenyOverride,

    /// <summary>Allowed when some matched row allows and none denies.</summary>
    AllowAndDeny,

    /// <summary>The first matched row that allows or denies decides; rows are ordered by `p.priority` where there is one.</summary>
    Priority,

    /// <summary>As <see cref="Priority"/>, rows ordered by the depth of `p.sub` in the role tree, deepest first.</summary>
    SubjectPriority,

    /// <summary>Of the matched rows with the best `p.priority`, one that denies wins over those that allow.</summary>
    PriorityDenyOverride,
}

internal static class PolicyEffects
{
    private static readonly (string Text, PolicyEffect Effect)[] Known =
    [
        ("some(where (p.eft == allow))", PolicyEffect.AllowOverride),
        ("!some(where (p.eft == deny))", PolicyEffect.DenyOverride),
        ("some(where (p.eft == allow)) && !some(where (p.eft == deny))", PolicyEffect.AllowAndDeny),
        ("priority(p.eft) || deny", PolicyEffect.Priority),
        ("subjectPriority(p.eft) || deny", PolicyEffect.SubjectPriority),
        ("priority(p.eft) && !some(where (p.eft == deny))", PolicyEffect.PriorityDenyOverride),
    ];

    public static PolicyEffect Parse(ModelConf.Entry entry)
    {
        // Casbin rewrites `p.eft` to `p_eft` before it compares, so both are spelt in model files.
        var text = entry.Value.Text.Replace("p_eft", "p.eft", StringComparison.Ordinal);
        foreach (var (known, effect) in Known)
        {
            if (text == known)
                return effect;
        }

        var near = Known.FirstOrDefault(known => WithoutBlanks(known.Text) == WithoutBlanks(text)).Text;
        throw CasbinException.At(entry.Place, near is not null
            ? $"`{entry.Value.Text}` must be spelt `{near}`: Casbin compares effects as text"
            : $"unsupported effect `{entry.Value.Text}`; there are {string.Join(", ", Known.Select(known => $"`{known.Text}`"))}");
    }

    private static string WithoutBlanks(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
