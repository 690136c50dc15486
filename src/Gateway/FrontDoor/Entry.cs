using System.Net;

namespace Gateway.FrontDoor;

/// <summary>A request whose line and headers have one meaning; its body has not been read.</summary>
/// <param name="Method">The method, upper case as sent.</param>
/// <param name="Target">Path and query, canonical.</param>
/// <param name="RequestId">The id the gateway gave this request.</param>
/// <param name="GlobalRequestId">The client's own id, when it sent a well-formed one.</param>
/// <param name="Peer">The address the connection came from.</param>
internal sealed record Entry(string Method, RequestTarget Target, string RequestId, string? GlobalRequestId, IPAddress? Peer);

/// <summary>A request read whole: what the gateway judges is, byte for byte, what a backend may get.</summary>
/// <param name="Entry">Line and headers.</param>
/// <param name="Version">The microversion that schema, rules and answer use.</param>
/// <param name="Body">The body, complete; empty when there is none.</param>
internal sealed record CanonicalRequest(Entry Entry, Microversion Version, ReadOnlyMemory<byte> Body);
