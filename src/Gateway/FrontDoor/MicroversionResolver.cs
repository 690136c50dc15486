using Microsoft.Extensions.Primitives;

namespace Gateway.FrontDoor;

/// <summary>
/// Resolves the microversion of a request once, from <c>OpenStack-API-Version: compute X.Y</c> or <c>X-OpenStack-Nova-API-Version: X.Y</c>
/// (the first wins when both are sent); none means 2.1, <c>latest</c> the highest the backends speak.
/// </summary>
/// <param name="highest">Highest microversion the backends speak.</param>
internal sealed class MicroversionResolver(Microversion highest)
{
    private static readonly Microversion Lowest = new(2, 1);
    private static readonly ResolvedMicroversion WhenNoneIsNamed = new(Lowest);

    public Passage<ResolvedMicroversion> Resolve(IHeaderDictionary headers)
    {
        var (list, legacy) = (headers[ProtectedHeaders.ApiVersion], headers[ProtectedHeaders.LegacyApiVersion]);
        if (list.Count == 0 && legacy.Count == 0) return WhenNoneIsNamed;
        var requested = FromServiceList(list);
        if (requested.Count > 1)
            return Refusal.BadRequest("microversion_repeated", "The compute microversion may be sent once only");

        var text = requested.Count == 1 ? requested[0] : legacy.ToString().Trim();
        if (text.Length == 0) return WhenNoneIsNamed;
        if (string.Equals(text, "latest", StringComparison.Ordinal)) return new ResolvedMicroversion(highest);
        if (!Microversion.TryParse(text, out var version))
            return Refusal.BadRequest("microversion_malformed", $"API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum.");
        if (version < Lowest || version > highest)
        {
            return new Refusal(
                StatusCodes.Status406NotAcceptable,
                "microversion_out_of_range",
                $"Version {version} is not supported by the API. Minimum is {Lowest} and maximum is {highest}.");
        }

        return new ResolvedMicroversion(version);
    }

    /// <summary>The header lists services: <c>compute 2.1, placement 1.30</c>. Other services' versions are not ours to read.</summary>
    private static List<string> FromServiceList(StringValues header)
    {
        var found = new List<string>(1);
        foreach (var value in header)
        {
            foreach (var item in (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries))
            {
                var space = item.IndexOf(' ', StringComparison.Ordinal);
                if (space > 0 && item.AsSpan(0, space).Equals("compute", StringComparison.OrdinalIgnoreCase))
                    found.Add(item[(space + 1)..].Trim());
            }
        }

        return found;
    }
}

/// <summary>The microversion that a request's schema, rules and answer use.</summary>
internal sealed record ResolvedMicroversion(Microversion Version);
