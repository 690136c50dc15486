namespace Gateway.Audit.Tests;

/// <summary>Stands in the way of commits.</summary>
internal sealed class CommitGate : IDisposable
{
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private readonly ManualResetEventSlim _arrived = new(initialState: false);
    private Action? _once;

    public void Pass()
    {
        Interlocked.Exchange(ref _once, null)?.Invoke();
        _arrived.Set();
        _open.Wait();
    }

    public void Shut()
    {
        _arrived.Reset();
        _open.Reset();
    }

    public void WaitForArrival() => _arrived.Wait(TestContext.Current.CancellationToken);

    public void Open() => _open.Set();

    public void DoOnce(Action action) => _once = action;

    public void FailOnce() => _once = () => throw new IOException("the disk is on fire");

    // The writer may stand at the gate still.
    public void Dispose() => _open.Set();
}
