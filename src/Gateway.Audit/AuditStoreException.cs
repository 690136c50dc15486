namespace Gateway.Audit;

/// <summary>The file cannot be used as an audit store: it is missing, held by another writer, of another stream, or its head does not hold.</summary>
public sealed class AuditStoreException(string message, Exception? inner = null) : Exception(message, inner);
