using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Gateway.Identity;

/// <summary>
/// Keystone's revocation events, as far as tokens remembered here are concerned. A token that an event may speak of is verified again, not refused: so
/// an event may be read too widely, never too narrowly.
/// </summary>
internal sealed class Revocations(TimeProvider time)
{
    private const int MostKept = 10_000;

    /// <summary>How long an event is known again: readings overlap.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    // One reader of events writes it; everybody reads it.
    private volatile Known _known = new([], 0);

    /// <summary>How many events have been received: the number of the latest.</summary>
    public long Latest => _known.Latest;

    /// <summary>The newest time that Keystone gave to an event, as far as it is not ahead of the gateway's clock; where the next reading begins.</summary>
    public DateTimeOffset? Newest { get; private set; }

    /// <summary>Takes events in, and hands back those not seen before.</summary>
    /// <exception cref="JsonException">It is no list of events.</exception>
    public IReadOnlyList<RevocationEvent> Add(ReadOnlyMemory<byte> json)
    {
        var before = _known;
        var known = before.Events.Select(one => one.Event).ToHashSet();
        var added = Read(json).Where(known.Add).ToArray();
        if (added.Length == 0) return added;
        var (now, received) = (time.GetUtcNow(), time.GetTimestamp());
        _known = new Known(
            [.. before.Events.Where(one => time.GetElapsedTime(one.Received, received) < Kept).Concat(added.Select(one => (one, received))).TakeLast(MostKept)],
            before.Latest + added.Length);
        foreach (var one in added)
        {
            // An event of a clock that is ahead must not hide those that come before it.
            var revoked = one.RevokedAt < now ? one.RevokedAt : now;
            if (Newest is null || revoked > Newest) Newest = revoked;
        }

        return added;
    }

    /// <summary>Whether an event beyond the first so many may speak of the bearer's token; of those that are no longer kept any may.</summary>
    /// <param name="subject">The bearer.</param>
    /// <param name="since"><see cref="Latest"/> before Keystone was asked about the token.</param>
    public bool Concern(Subject subject, long since)
    {
        var known = _known;
        var forgotten = known.Latest - known.Events.Length;
        if (since < forgotten) return true;
        for (var i = (int)(since - forgotten); i < known.Events.Length; i++)
            if (known.Events[i].Event.MayConcern(subject)) return true;
        return false;
    }

    private static IEnumerable<RevocationEvent> Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("events", out var events)
            || events.ValueKind != JsonValueKind.Array)
            throw new JsonException("the answer holds no `events`");
        foreach (var one in events.EnumerateArray())
        {
            if (one.ValueKind != JsonValueKind.Object) throw new JsonException("an event is not an object");
            yield return new RevocationEvent(
                Text(one, "audit_id"), Text(one, "audit_chain_id"), Text(one, "user_id"), Text(one, "project_id"), Text(one, "domain_id"),
                Time(one, "issued_before"), Time(one, "revoked_at") ?? DateTimeOffset.MinValue);
        }
    }

    private static string? Text(JsonElement one, string name) =>
        one.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Time(JsonElement one, string name) =>
        Text(one, name) is { } text
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

    /// <summary>The events that are kept, the latest last, and the number of that one.</summary>
    private sealed record Known(ImmutableArray<(RevocationEvent Event, long Received)> Events, long Latest);
}

/// <summary>One event: tokens that have every named attribute, and were issued no later, are revoked. Attributes not named here narrow it further.</summary>
internal sealed record RevocationEvent(
    string? AuditId, string? AuditChainId, string? UserId, string? ProjectId, string? DomainId, DateTimeOffset? IssuedBefore, DateTimeOffset RevokedAt)
{
    /// <summary>Keystone writes times of events to the second.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromSeconds(1);

    public bool MayConcern(Subject subject) =>
        (AuditId is null || (subject.AuditIds.Length > 0 && subject.AuditIds[0] == AuditId))
        && (AuditChainId is null || (subject.AuditIds.Length > 0 && subject.AuditIds[^1] == AuditChainId))
        && (UserId is null || subject.UserId == UserId)
        && (ProjectId is null || subject.ProjectId == ProjectId)
        && (DomainId is null || subject.UserDomainId == DomainId || subject.ProjectDomainId == DomainId || subject.DomainId == DomainId)
        && (IssuedBefore is null || subject.IssuedAt is null || subject.IssuedAt <= IssuedBefore + Rounding);
}
