using Gateway.Compute.Drivers;
using Gateway.Compute.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Compute.Operations;

/// <summary>
/// Carries out the steps that are due, one after the other. Everything it knows is in the database, so a program that
/// starts after a crash goes on where the other stopped.
/// </summary>
internal sealed partial class OperationRunner(
    ComputeDatabase database, SimulatedDriver driver, TimeProvider clock, ILogger<OperationRunner> logger) : BackgroundService
{
    private readonly SemaphoreSlim _wake = new(0);

    // One step at a time, whoever asks for it: the loop below or a test.
    private readonly Lock _stepping = new();

    /// <summary>Writes down new work in the transaction that accepts it; call <see cref="Wake"/> after the commit.</summary>
    public void Start(ComputeSession session, Operation operation) =>
        session.Operations.Insert(operation with { DueAt = session.Operations.NowMilliseconds + (long)driver.StepDelay.TotalMilliseconds });

    public void Wake() => _wake.Release();

    /// <summary>Runs every step that is due now, and those they make due; returns when none is left.</summary>
    public void RunDue(CancellationToken cancellation)
    {
        lock (_stepping)
        {
            while (!cancellation.IsCancellationRequested && database.Read(session => session.Operations.NextDue()) is { } operation)
                RunStep(operation);
        }
    }

    /// <summary>Ends all work on a server that is going away.</summary>
    public static void Cancel(ComputeSession session, string serverId, string reason)
    {
        foreach (var operation in session.Operations.OfServer(serverId))
            Abort(session, operation, reason);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            long? next;
            try
            {
                RunDue(stoppingToken);
                next = database.Read(session => session.Operations.NextDueAt());
            }
            catch (SqliteException failure)
            {
                // A full disk may be emptied again: what is due stays due.
                Log.DatabaseFailed(logger, failure);
                next = clock.GetUtcNow().ToUnixTimeMilliseconds() + 1000;
            }

            try
            {
                await WaitAsync(next, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public override void Dispose()
    {
        _wake.Dispose();
        base.Dispose();
    }

    private async Task WaitAsync(long? dueAt, CancellationToken cancellation)
    {
        var woken = _wake.WaitAsync(cancellation);
        if (dueAt is null)
        {
            await woken;
            return;
        }

        using var elapsed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(dueAt.Value - clock.GetUtcNow().ToUnixTimeMilliseconds(), 1, 60_000));
        var timer = Task.Delay(wait, clock, elapsed.Token);
        var first = await Task.WhenAny(woken, timer);
        await elapsed.CancelAsync();
        if (first != woken)
        {
            // The wait for the signal is still queued: give it one to eat, so that none is lost or left over.
            _wake.Release();
            await woken;
        }
    }

    private void RunStep(Operation operation)
    {
        try
        {
            database.Write(session =>
            {
                try
                {
                    Advance(session, operation);
                }
                catch (WorkFailedException failure)
                {
                    // In the same transaction, so that the events the step had opened are kept, and closed as failed.
                    Log.WorkFailed(logger, operation.Kind, operation.ServerId, failure.Message);
                    Abort(session, operation, failure.Message);
                }

                return true;
            });
        }
        catch (Exception failure) when (failure is not SqliteException)
        {
            // A bug in a step must not stop the others, nor run for ever.
            Log.StepThrew(logger, failure, operation.Kind, operation.Step, operation.ServerId);
            database.Write(session =>
            {
                GiveUp(session, operation);
                return true;
            });
        }
    }

    private void Advance(ComputeSession session, Operation operation)
    {
        var workflow = Workflows.Find(operation.Kind)
            ?? throw new WorkFailedException($"This service does not know work of the kind `{operation.Kind}`.");
        var step = workflow.Steps.ElementAtOrDefault(operation.Step)
            ?? throw new WorkFailedException($"Work of the kind `{operation.Kind}` has no step {operation.Step}.");
        var context = Load(session, operation);
        if (context is null)
        {
            session.Operations.Delete(operation.Id);
            return;
        }

        if (step.ChecksTask && context.Server.TaskState != step.ExpectedTask)
            throw new WorkFailedException(FailureReasons.UnexpectedTask(context.Server, step.ExpectedTask));

        step.Apply(context);
        Save(context);
        if (operation.Step + 1 == workflow.Steps.Count)
        {
            session.Operations.Delete(operation.Id);
        }
        else
        {
            session.Operations.Update(operation with
            {
                Step = operation.Step + 1,
                DueAt = session.Operations.NowMilliseconds + (long)driver.StepDelay.TotalMilliseconds,
                MigrationId = context.Migration?.Id,
            });
        }
    }

    private static void Abort(ComputeSession session, Operation operation, string reason)
    {
        if (Load(session, operation) is { } context)
        {
            if (Workflows.Find(operation.Kind) is { } workflow)
                workflow.Abort(context, reason);
            else
                context.Server = context.Server with { TaskState = null };
            Save(context);
        }

        Close(session, operation, reason);
    }

    /// <summary>Ends work without asking its workflow, which has just shown that it cannot cope.</summary>
    private static void GiveUp(ComputeSession session, Operation operation)
    {
        if (session.Servers.Find(operation.ServerId) is { } server)
            session.Servers.Update(server with { TaskState = null });
        if (operation.MigrationId is { } id && session.Migrations.Find(id) is { } migration)
            session.Migrations.Update(migration with { Status = "error" });
        Close(session, operation, "Unexpected error.");
    }

    private static void Close(ComputeSession session, Operation operation, string reason)
    {
        if (operation.ActionId is { } actionId)
        {
            session.Actions.FailOpenEvents(actionId, reason);
            session.Actions.Fail(actionId);
        }

        session.Operations.Delete(operation.Id);
    }

    private static StepContext? Load(ComputeSession session, Operation operation)
    {
        var server = session.Servers.Find(operation.ServerId);
        return server is null
            ? null
            : new StepContext(session, operation, server, operation.MigrationId is { } id ? session.Migrations.Find(id) : null)
            {
                HeldTask = Workflows.Find(operation.Kind)?.Steps.ElementAtOrDefault(operation.Step)?.ExpectedTask,
            };
    }

    private static void Save(StepContext context)
    {
        context.Session.Servers.Update(context.Server);
        if (context.Migration is { } migration)
            context.Migration = migration.Id == 0 ? context.Session.Migrations.Insert(migration) : context.Session.Migrations.Update(migration);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "the database failed, work under way waits")]
        public static partial void DatabaseFailed(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} of server {ServerId} failed: {Reason}")]
        public static partial void WorkFailed(ILogger logger, string kind, string serverId, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "{Kind}, step {Step}, of server {ServerId} threw")]
        public static partial void StepThrew(ILogger logger, Exception exception, string kind, int step, string serverId);
    }
}
