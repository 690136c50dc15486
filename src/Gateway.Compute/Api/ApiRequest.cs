using System.Text.Json;
using Gateway.Compute.Callers;

namespace Gateway.Compute.Api;

/// <summary>A request after the checks that are the same for all: authenticated, its version resolved, its body parsed.</summary>
internal sealed record ApiRequest
{
    public required Caller Caller { get; init; }

    public required Microversion Version { get; init; }

    /// <summary>True below <c>/v2</c>, the old API kept for compatibility: unknown members are dropped, not refused.</summary>
    public required bool IsLegacy { get; init; }

    public required string RequestId { get; init; }

    /// <summary>Scheme and host as the client named them, without a slash at the end.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>The project the path named; null when it named none.</summary>
    public string? PathProject { get; init; }

    public required IReadOnlyDictionary<string, string> PathValues { get; init; }

    public required IQueryCollection Query { get; init; }

    /// <summary>The parsed body; undefined when there is none.</summary>
    public JsonElement Body { get; init; }

    public string ServerId => PathValues["server_id"];

    public string Id => PathValues["id"];

    /// <summary>A query parameter; of several of one name the last counts, as in Nova.</summary>
    public string? Parameter(string name) => Query.TryGetValue(name, out var values) && values.Count > 0 ? values[^1] ?? "" : null;
}
