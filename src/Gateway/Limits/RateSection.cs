using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Limits;

/// <summary>
/// The section <c>rate</c> of <c>GET /limits</c> in the shape that Nova gave it while it limited rates itself, and that its clients still print: the
/// caller's own limits, peeked at.
/// </summary>
internal static class RateSection
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A limit that counts this caller's calls, or those of his project, and no others'.</summary>
    public static bool IsOwn(Limit limit) =>
        limit is { Counts: LimitCounts.Calls, Mode: LimitMode.Enforce, IsConcurrency: false }
        && (limit.Scope & (LimitScope.User | LimitScope.Project | LimitScope.Domain | LimitScope.Network)) != LimitScope.Global
        && (limit.Scope & (LimitScope.Server | LimitScope.Host | LimitScope.Cluster)) == LimitScope.Global;

    /// <summary>The value of <c>rate</c>, as JSON.</summary>
    public static ReadOnlyMemory<byte> Write(IReadOnlyList<PeekedLimit> limits, LimitSet set, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, Json);
        json.WriteStartArray();
        foreach (var peeked in limits)
        {
            var actions = peeked.Action is { } one ? [one] : set.Actions.Where(action => peeked.Limit.AppliesTo(action.Name)).ToArray();
            var path = Common(actions.Select(action => action.Path));
            json.WriteStartObject();
            // What the client prints must tell limits apart: an action's own, or the limit by its name.
            json.WriteString("uri", $"{path} ({(actions.Length == 1 ? actions[0].Name : peeked.Limit.Name)})");
            json.WriteString("regex", path == "*" ? ".*" : $"^{path.Replace("{", "(?<", StringComparison.Ordinal).Replace("}", ">[^/]+)", StringComparison.Ordinal)}$");
            json.WriteStartArray("limit");
            json.WriteStartObject();
            json.WriteString("verb", Common(actions.Select(action => action.Method)));
            json.WriteNumber("value", peeked.Ask.Entry.Numbers.Count);
            json.WriteNumber("remaining", peeked.Answer.Remaining);
            json.WriteString("unit", peeked.Ask.Entry.Numbers.Unit.Word.ToUpperInvariant());
            var wait = peeked.Answer.Remaining > 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(peeked.Answer.Next);
            json.WriteString("next-available", (now + wait).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static string Common(IEnumerable<string> values)
    {
        var distinct = values.Distinct(StringComparer.Ordinal).Take(2).ToArray();
        return distinct.Length == 1 ? distinct[0] : "*";
    }
}
