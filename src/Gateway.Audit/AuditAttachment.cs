namespace Gateway.Audit;

/// <summary>A named extension of an event (CADF's ATTACHMENT).</summary>
public sealed record AuditAttachment(string Name, string TypeUri, JsonText Content)
{
    /// <summary>Names of the attachments that <see cref="AuditEvent"/> has fields for.</summary>
    public static IReadOnlyList<string> Reserved { get; } = ["record", "request", "credential", "decision", "backend", "timing"];
}
