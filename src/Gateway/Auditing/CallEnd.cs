namespace Gateway.Auditing;

/// <summary>How a forwarded call ended.</summary>
/// <param name="Status">Status the client was answered with; null when it got none.</param>
/// <param name="Code">Stable reason code.</param>
/// <param name="Duration">From the intent to the end of the answer.</param>
internal sealed record CallEnd(int? Status, string Code, TimeSpan Duration)
{
    /// <summary>The backend may have carried the call out: it was sent, and no answer came.</summary>
    public bool IsInDoubt { get; init; }

    public string? Detail { get; init; }

    public string? Destination { get; init; }

    public int? BackendStatus { get; init; }

    public string? BackendRequestId { get; init; }
}
