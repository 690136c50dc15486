namespace Gateway.Testing;

/// <summary>How long the fuzzers try: seconds by default; <c>GATEWAY_FUZZ=100</c> makes it a hundred times as many inputs, for a run by hand.</summary>
internal static class FuzzEffort
{
    private static readonly int Times =
        Environment.GetEnvironmentVariable("GATEWAY_FUZZ") is { Length: > 0 } text ? int.Parse(text) : 1;

    public static long Of(long usual) => usual * Times;
}
