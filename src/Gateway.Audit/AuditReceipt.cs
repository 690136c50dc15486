namespace Gateway.Audit;

/// <summary>Proof to the caller that a record is durable: its place in the chain and the chain's hash there.</summary>
public readonly record struct AuditReceipt(long Sequence, ReadOnlyMemory<byte> Hash);
