using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.Forwarding;

/// <summary>
/// A client's trace, passed on to the backend (W3C Trace Context, sections 3.2 and 3.3). The gateway adds no span of its own to it. One that is malformed, or stands
/// there twice, is the client's loss: receivers would begin a trace of their own, and none should have to read it first.
/// </summary>
internal static class TraceContext
{
    private const int LongestState = 512;

    /// <summary>The trace of a request, if it has one that every receiver reads alike.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <param name="parent">Value for <c>traceparent</c>.</param>
    /// <param name="state">Value for <c>tracestate</c>; null for none.</param>
    public static bool TryRead(IHeaderDictionary headers, out string parent, out string? state)
    {
        (parent, state) = ("", null);
        if (!headers.TryGetValue(HeaderNames.TraceParent, out var parents) || parents.Count != 1 || !IsParent(parents[0])) return false;
        parent = parents[0]!;
        if (headers.TryGetValue(HeaderNames.TraceState, out var states) && IsState(states)) state = states.ToString();
        return true;
    }

    /// <summary>Version 00, an id of the trace and one of the span, neither all zeros, and the flags.</summary>
    private static bool IsParent(ReadOnlySpan<char> text) =>
        text is ['0', '0', '-', .. { Length: 52 }] && text[35] == '-' && text[52] == '-'
        && IsHex(text[3..35]) && text[3..35].ContainsAnyExcept('0') && IsHex(text[36..52]) && text[36..52].ContainsAnyExcept('0') && IsHex(text[53..]);

    private static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiHexDigitLower(c)) return false;
        return true;
    }

    private static bool IsState(StringValues states)
    {
        var text = states.ToString();
        return text.Length is > 0 and <= LongestState && !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
    }
}
