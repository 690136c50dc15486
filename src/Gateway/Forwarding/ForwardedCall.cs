using Gateway.FrontDoor;
using Gateway.Identity;

namespace Gateway.Forwarding;

/// <summary>A decided call on its way: what goes to the backend, and what came back.</summary>
/// <param name="Request">The request, exactly as it was judged.</param>
/// <param name="Subject">Who asks; null for operations that need no token.</param>
internal sealed record ForwardedCall(CanonicalRequest Request, Subject? Subject)
{
    /// <summary>What the gateway puts into the answer as the caller's rate limits, JSON; null for every call but the one that asks for limits.</summary>
    public ReadOnlyMemory<byte>? Rates { get; init; }

    /// <summary>The destination that was asked, once one was chosen.</summary>
    public string? Destination { get; set; }

    /// <summary>The backend's status; null while, or because, none came.</summary>
    public int? Status { get; set; }

    /// <summary>What went wrong on the way to the backend or back; null when nothing did.</summary>
    public string? Fault { get; set; }

    /// <summary>False when it is certain that the backend never saw the call.</summary>
    public bool WasSent { get; set; } = true;

    /// <summary>The backend's own request id, by which its log knows the call.</summary>
    public string? BackendRequestId { get; set; }
}
