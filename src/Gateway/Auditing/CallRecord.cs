using System.Net;
using Gateway.Actions;
using Gateway.Audit;
using Gateway.FrontDoor;
using Gateway.Identity;
using Gateway.Limits;
using Gateway.Policies;
using Gateway.Policy;
using Gateway.Targets;

namespace Gateway.Auditing;

/// <summary>
/// What has become known of one call, room by room. The record of a refusal says as much as was known when it was refused.
/// </summary>
/// <param name="RequestId">The id the gateway gave the call.</param>
/// <param name="Method">Method as sent.</param>
/// <param name="RawTarget">Target as sent, but for tokens in its query.</param>
/// <param name="Peer">Where the connection came from.</param>
internal sealed record CallRecord(string RequestId, string Method, string RawTarget, IPAddress? Peer)
{
    /// <summary>Hidden here, so that no way to a record leads past it.</summary>
    public string RawTarget { get; } = QueryTokens.Hide(RawTarget);

    public Entry? Entry { get; set; }

    public OperationMatch? Operation { get; set; }

    public Subject? Subject { get; set; }

    public Microversion? Version { get; set; }

    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>The body without its secrets, once a record needed it.</summary>
    public RedactedBody? RecordedBody { get; set; }

    /// <summary>SHA-256 of the body, once a record needed it.</summary>
    public string? BodyDigest { get; set; }

    /// <summary>Who asked, in the record's words, once a record needed it.</summary>
    public AuditInitiator? Initiator { get; set; }

    /// <summary>The target as the record keeps it, once a record needed it.</summary>
    public string? RecordedPath { get; set; }

    public ServerAction? Action { get; set; }

    public ServerTarget? Target { get; set; }

    public Decision? Decision { get; set; }

    /// <summary>What the rules were asked.</summary>
    public PolicyQuestion? Question { get; set; }

    public LimitDecision? Limits { get; set; }

    public string? Cluster { get; set; }

    /// <summary>Where less is enforced or recorded than is configured, as stable words; the record says that it was so.</summary>
    public List<string> Degraded { get; } = [];

    /// <summary>The audit rule of the call, taken once; before the action is known, the strictest.</summary>
    public AuditRule? AuditRule { get; set; }

    /// <summary>Addresses that proxies before us named; claims, not facts.</summary>
    public string? Forwarded { get; init; }

    /// <summary>The client's User-Agent.</summary>
    public string? Agent { get; init; }

    /// <summary>The durable intent; from then on the call ends with an outcome, not with a refusal.</summary>
    public Intent? Intent { get; set; }

    /// <summary>False once a version document is asked for in good order: they tell everyone the same.</summary>
    public bool IsRecorded { get; set; } = true;
}
