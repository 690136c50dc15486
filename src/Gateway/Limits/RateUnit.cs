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
}
