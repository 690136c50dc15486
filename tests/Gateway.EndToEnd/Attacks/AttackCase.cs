namespace Gateway.EndToEnd.Attacks;

/// <summary>What must come of one request.</summary>
/// <param name="Status">The answer's status.</param>
internal abstract record Expected(int Status);

/// <summary>Refused with a fault of the API and one record; nothing of it reaches the backend.</summary>
/// <param name="Status">The answer's status.</param>
/// <param name="Code">The reason in the record.</param>
/// <param name="Message">What the fault says; null where the words do not matter.</param>
internal sealed record Refused(int Status, string Code, string? Message = null) : Expected(Status);

/// <summary>Decided, recorded and forwarded, as what a backend reads in it.</summary>
/// <param name="Action">The action in the body; null for an operation without one.</param>
internal sealed record Forwarded(string? Action = "migrate") : Expected(202);

/// <summary>Bytes on one connection, and what must come of each request in them.</summary>
/// <param name="Name">Begins with the number of the attack; several cases may share one.</param>
/// <param name="Bytes">What is sent.</param>
/// <param name="Answers">One for each request that is to be answered, in order; after them nothing more may come.</param>
internal sealed record AttackCase(string Name, Func<RecordingGateway, byte[]> Bytes, params Expected[] Answers);

/// <summary>Bytes that are no HTTP: answered once, with a fault, and the connection ends.</summary>
/// <param name="Name">Begins with the number of the attack.</param>
/// <param name="Bytes">What is sent.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="Code">The reason in the record; null when not even the request line could be read, which leaves nothing to record.</param>
internal sealed record BelowHttpCase(string Name, Func<RecordingGateway, byte[]> Bytes, int Status = 400, string? Code = "http_malformed");
