namespace Gateway.Audit;

/// <summary>An event as the store holds it: its place in the chain, the hash before it and its own, the exact bytes that were hashed, and the event they spell.</summary>
public sealed record StoredAuditEvent(long Sequence, ReadOnlyMemory<byte> Previous, ReadOnlyMemory<byte> Hash, ReadOnlyMemory<byte> Bytes, AuditEvent Event);
