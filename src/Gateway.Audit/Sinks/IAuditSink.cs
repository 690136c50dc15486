namespace Gateway.Audit;

/// <summary>
/// A place that events are sent to beside the store. Called by one <see cref="SinkRunner"/>, one call at a time, with records in their order; what fails is sent
/// again from the last record that is known to have arrived, so that a record may arrive twice and none is left out.
/// </summary>
public interface IAuditSink : IDisposable
{
    /// <summary>What messages call it: never with credentials.</summary>
    string Place { get; }

    /// <summary>Sends records.</summary>
    /// <returns>True when everything that was sent so far has arrived; false when that is not known before <see cref="SettleAsync"/>.</returns>
    /// <exception cref="SinkException">They did not arrive, or nobody can tell.</exception>
    Task<bool> SendAsync(IReadOnlyList<StoredAuditEvent> records, CancellationToken ct);

    /// <summary>Makes sure that everything sent so far has arrived.</summary>
    /// <exception cref="SinkException">It has not, or nobody can tell.</exception>
    Task SettleAsync(CancellationToken ct);
}

/// <summary>A sink did not take records.</summary>
public sealed class SinkException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>It never will, whatever is tried: somebody must correct something.</summary>
    public bool IsFinal { get; init; }

    /// <summary>When the receiver wants to be asked again; null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
