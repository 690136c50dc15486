using Microsoft.Extensions.Primitives;

namespace Gateway.FrontDoor;

/// <summary>The headers that every answer of a compute API carries.</summary>
internal static class AnswerHeaders
{
    /// <summary>As Nova writes it.</summary>
    private static readonly string GlobalRequestId = ProtectedHeaders.GlobalRequestId.ToLowerInvariant();

    private static readonly StringValues Vary = new([ProtectedHeaders.ApiVersion, ProtectedHeaders.LegacyApiVersion]);

    public static void SetRequestId(IHeaderDictionary headers, string requestId)
    {
        headers[ProtectedHeaders.ComputeRequestId] = requestId;
        headers[GlobalRequestId] = requestId;
    }

    public static void SetVersion(IHeaderDictionary headers, Microversion version)
    {
        headers[ProtectedHeaders.ApiVersion] = version.ServiceText;
        headers[ProtectedHeaders.LegacyApiVersion] = version.ToString();
        headers.Vary = Vary;
    }
}
