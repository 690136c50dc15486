using Gateway.Policy.Python;

namespace Gateway.Policy.Evaluation;

/// <summary>The right side of a check, <c>%</c>-formatted with the target. The two usual shapes, a constant and one lone key, are prepared.</summary>
internal sealed class Template
{
    public Template(string text)
    {
        Text = text;
        if (!text.Contains('%'))
        {
            Constant = text;
        }
        else if (text.Replace("%%", "", StringComparison.Ordinal) is var rest && !rest.Contains('%'))
        {
            Constant = text.Replace("%%", "%", StringComparison.Ordinal);
        }
        else if (text.StartsWith("%(", StringComparison.Ordinal) && text.EndsWith(")s", StringComparison.Ordinal)
            && text.AsSpan(2, text.Length - 4).IndexOfAny("()%") < 0)
        {
            Key = text[2..^2];
        }
    }

    public string Text { get; }

    /// <summary>The formatted text, when it does not depend on the target.</summary>
    public string? Constant { get; }

    /// <summary>The one target attribute that <c>%(key)s</c> names.</summary>
    public string? Key { get; }

    /// <summary>Formats; the outcome is True, MissingTarget or an error.</summary>
    public Outcome Format(TargetAttributes target, out string text, out bool usedNull)
    {
        usedNull = false;
        if (Constant is not null)
        {
            text = Constant;
            return Outcome.True;
        }
        if (Key is null) return PythonFormat.Format(Text, target.Values, out text, out usedNull);
        if (!target.TryGet(Key, out var value))
        {
            text = "";
            return Outcome.MissingTarget;
        }
        usedNull = value is null;
        text = PythonText.Str(value);
        return Outcome.True;
    }
}
