namespace Gateway.Audit;

/// <summary>The record could not be made durable in time. The action that depends on it must not go ahead.</summary>
public sealed class AuditUnavailableException : Exception
{
    public AuditUnavailableException(string message, bool mayLand, Exception? inner = null) : base(message, inner) => MayLand = mayLand;

    /// <summary>
    /// False: the record is not in the log and never will be. True: it may yet appear. An intent that does is closed by a
    /// recovery record that follows it; an outcome is kept and written as soon as the store answers, if the process lives that long.
    /// </summary>
    public bool MayLand { get; }

    /// <summary>Whether it landed, once that is known; null when it did not.</summary>
    internal Task<bool>? Settled { get; init; }
}
