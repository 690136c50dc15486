using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace Gateway.FrontDoor;

/// <summary>The header names that carry meaning for a compute API, and what a client may do with them.</summary>
internal static class ProtectedHeaders
{
    public const string AuthToken = "X-Auth-Token";
    public const string StorageToken = "X-Storage-Token";
    public const string ServiceToken = "X-Service-Token";
    public const string GlobalRequestId = "X-OpenStack-Request-ID";
    public const string ComputeRequestId = "x-compute-request-id";
    public const string ApiVersion = "OpenStack-API-Version";
    public const string LegacyApiVersion = "X-OpenStack-Nova-API-Version";

    /// <summary>At most one of each may stand in a request: two would leave the choice to whoever reads last.</summary>
    public static readonly string[] Singletons =
    [
        AuthToken, StorageToken, ServiceToken, HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.ContentLength, HeaderNames.TransferEncoding,
        HeaderNames.Host, LegacyApiVersion, GlobalRequestId, HeaderNames.ContentEncoding,
    ];

    /// <summary>
    /// What a client sends that a backend gets. Every other header stays at the door: identity headers in any spelling, method overrides,
    /// rewritten URLs and forwarding chains cannot be forgotten one by one.
    /// </summary>
    public static readonly string[] PassedOn =
    [
        HeaderNames.Accept, HeaderNames.AcceptLanguage, HeaderNames.UserAgent, HeaderNames.ContentType, HeaderNames.IfMatch, HeaderNames.IfNoneMatch,
    ];

    /// <summary>Headers by which some servers let a client say another method than the request line does.</summary>
    public static readonly FrozenSet<string> MethodOverrides =
        FrozenSet.ToFrozenSet(["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Names that a <c>Connection</c> header must not nominate for removal on the way.</summary>
    public static bool MayBeNominated(string name) =>
        !name.StartsWith("X-", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("OpenStack-", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
        && !name.Equals(HeaderNames.TransferEncoding, StringComparison.OrdinalIgnoreCase)
        && !name.Equals(HeaderNames.Authorization, StringComparison.OrdinalIgnoreCase)
        && !name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase);
}
