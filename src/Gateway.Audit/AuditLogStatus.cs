namespace Gateway.Audit;

/// <summary>The log's condition at one moment, for readiness and metrics.</summary>
/// <param name="Available">Whether the last transaction, or the last attempt to open the store, succeeded.</param>
/// <param name="Fault">Why not, in one line.</param>
/// <param name="Sequence">The last durable record.</param>
/// <param name="Waiting">Appends that are queued or being written.</param>
/// <param name="OpenIntents">Durable intents without an outcome.</param>
/// <param name="Committed">Records made durable since the log was opened.</param>
/// <param name="Batches">Transactions committed since the log was opened.</param>
/// <param name="Failed">Appends that failed since the log was opened.</param>
/// <param name="LastCommit">How long the last transaction took.</param>
/// <param name="OpenFloor">No intent before this record is open.</param>
public sealed record AuditLogStatus(
    bool Available,
    string? Fault,
    long Sequence,
    int Waiting,
    int OpenIntents,
    long Committed,
    long Batches,
    long Failed,
    TimeSpan LastCommit,
    long OpenFloor);
