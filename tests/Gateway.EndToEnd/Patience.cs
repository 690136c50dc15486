using Xunit;

namespace Gateway.EndToEnd;

/// <summary>Waits for what another process does in its own time: it is asked again, a bounded number of times.</summary>
internal static class Patience
{
    private const int Tries = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The first value that <paramref name="isIt"/> accepts.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isIt)
    {
        for (var i = 1; ; i++)
        {
            var value = await ask();
            if (isIt(value)) return value;
            Assert.True(i < Tries, $"it did not come; the last answer was: {value}");
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    public static Task<T> UntilAsync<T>(Func<T> ask, Func<T, bool> isIt) => UntilAsync(() => Task.FromResult(ask()), isIt);
}
