using Microsoft.Net.Http.Headers;

namespace Gateway.FrontDoor;

/// <summary>The headers that every answer of a compute API carries.</summary>
internal static class AnswerHeaders
{
    public static void SetRequestId(IHeaderDictionary headers, string requestId)
    {
        headers[ProtectedHeaders.ComputeRequestId] = requestId;
        headers[ProtectedHeaders.GlobalRequestId.ToLowerInvariant()] = requestId;
    }

    public static void SetVersion(IHeaderDictionary headers, Microversion version)
    {
        headers[ProtectedHeaders.ApiVersion] = $"compute {version}";
        headers[ProtectedHeaders.LegacyApiVersion] = version.ToString();
        headers[HeaderNames.Vary] = new[] { ProtectedHeaders.ApiVersion, ProtectedHeaders.LegacyApiVersion };
    }
}
