namespace Gateway.Audit.Tests;

/// <summary>The child process of the crash tests: appends from many tasks and prints the id of every record that was acknowledged, until it is killed.</summary>
internal static class Appender
{
    public const string Argument = "--append-until-killed";

    private const int Tasks = 32;

    public static async Task<int> RunAsync(string path)
    {
        var options = new AuditLogOptions { Path = path, StreamId = "gw-1", Deadline = TimeSpan.FromSeconds(30) };
        await using var log = await AuditLog.OpenAsync(options, TimeProvider.System, CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(() => AppendAsync(log))));
        return 0;
    }

    private static async Task AppendAsync(AuditLog log)
    {
        while (true)
        {
            var intent = Some.Intent();
            await AcknowledgeAsync(intent, await log.AppendAsync(intent, CancellationToken.None));
            var outcome = Some.OutcomeOf(intent);
            await AcknowledgeAsync(outcome, await log.AppendAsync(outcome, CancellationToken.None));
        }
    }

    // Console.Out writes through, line by line, under a lock of its own.
    private static Task AcknowledgeAsync(AuditEvent e, AuditReceipt receipt) => Console.Out.WriteLineAsync($"{receipt.Sequence} {e.Id} .");
}
