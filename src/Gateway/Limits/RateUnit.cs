namespace Gateway.Limits;

/// <summary>The unit of a rate: its word and its length in microseconds.</summary>
internal sealed record RateUnit(string Word, long Microseconds)
{
    private const long Second = 1_000_000;

    public static IReadOnlyList<RateUnit> All { get; } =
    [
        new("second", Second),
        new("minute", 60 * Second),
        new("hour", 3600 * Second),
        new("day", 86_400 * Second),
    ];

    /// <summary>How many seconds a unit has.</summary>
    /// <param name="word">Its word.</param>
    public static long SecondsOf(string word)
    {
        for (var i = 0; i < All.Count; i++)
            if (All[i].Word == word) return All[i].Microseconds / Second;
        throw new ArgumentException($"`{word}` is no unit of a rate", nameof(word));
    }
}
