namespace Gateway.Audit;

/// <summary>
/// Conditions as text, spelt as Hermes spells them: several values parted by commas, <c>!</c> for not, <c>gt:</c>, <c>gte:</c>, <c>lt:</c>, <c>lte:</c> for ranges.
/// </summary>
public static class ConditionText
{
    /// <exception cref="EventSearchException">It is not a condition.</exception>
    public static IEnumerable<EventCondition> Parse(string attribute, string text)
    {
        var (wanted, unwanted) = (new List<string>(), new List<string>());
        var ranges = new List<EventCondition>();
        foreach (var part in text.Split(','))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            Comparison? range = (colon < 0 ? "" : part[..colon]) switch
            {
                "gt" => Comparison.Above,
                "gte" => Comparison.AtLeast,
                "lt" => Comparison.Below,
                "lte" => Comparison.AtMost,
                _ => null,
            };
            var value = range is null ? part : part[(colon + 1)..];
            if (value.TrimStart('!').Length == 0) throw new EventSearchException($"{attribute}=`{text}`: a value is missing");
            if (range is { } comparison) ranges.Add(new EventCondition(attribute, comparison, value));
            else if (value.StartsWith('!')) unwanted.Add(value[1..]);
            else wanted.Add(value);
        }

        if (wanted.Count > 0) ranges.Add(new EventCondition(attribute, Comparison.Is, wanted));
        if (unwanted.Count > 0) ranges.Add(new EventCondition(attribute, Comparison.IsNot, unwanted));
        return ranges;
    }
}
