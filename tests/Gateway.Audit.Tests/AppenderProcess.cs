using System.Diagnostics;

namespace Gateway.Audit.Tests;

/// <summary>Runs <see cref="Appender"/> in a process of its own and kills it.</summary>
internal static class AppenderProcess
{
    /// <summary>Kills it (SIGKILL) once it has acknowledged so many records; what it acknowledged until it was dead.</summary>
    public static async Task<List<(long Sequence, string Id)>> RunUntilAsync(string store, int count)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Appender.Argument, store]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var acknowledged = new List<(long, string)>();
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            // A line that the kill cut short has no full stop.
            if (line.Split(' ') is [var sequence, var id, "."]) acknowledged.Add((long.Parse(sequence), id));
            if (acknowledged.Count == count) child.Kill();
        }

        await child.WaitForExitAsync();
        Assert.Equal(137, child.ExitCode);
        return acknowledged;
    }
}
