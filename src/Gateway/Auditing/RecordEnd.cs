namespace Gateway.Auditing;

/// <summary>
/// How the parts of a record are closed: each for itself, whatever becomes of the others, and none for longer than it may take. A part that hangs is left as it
/// is, since the process ends; what did not end is said.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="say">Told what did not end. Called when the gateway's own logs are closed already.</param>
internal sealed class RecordEnd(TimeProvider time, Action<string> say)
{
    /// <summary>How long spool and checkpoints may take. Longer than the second place of checkpoints is waited for.</summary>
    public TimeSpan LongestBeforeLog { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long the log may take. Longer than it waits for its store.</summary>
    public TimeSpan LongestOfLog { get; init; } = TimeSpan.FromSeconds(8);

    public void Say(string problem) => say($"The audit record: {problem}");

    /// <summary>Closes a part that is closed before the log.</summary>
    /// <returns>Whether it ended.</returns>
    public Task<bool> OfAsync(string name, IAsyncDisposable part) => OfAsync(name, part, LongestBeforeLog);

    /// <summary>Closes the log.</summary>
    /// <returns>Whether it ended.</returns>
    public Task<bool> OfLogAsync(IAsyncDisposable log) => OfAsync("the log", log, LongestOfLog);

    private async Task<bool> OfAsync(string name, IAsyncDisposable part, TimeSpan longest)
    {
        try
        {
            // On another thread: a disk that hangs keeps whoever writes to it.
            await Task.Run(async () => await part.DisposeAsync()).WaitAsync(longest, time);
            return true;
        }
        catch (TimeoutException)
        {
            Say($"{name} did not end within {longest.TotalSeconds:0.#} s, and is left as it is: a disk does not answer");
        }
        catch (Exception e)
        {
            // Whatever it is, the other parts are closed all the same.
            Say($"{name} did not end as it should: {e.Message}");
        }

        return false;
    }
}
