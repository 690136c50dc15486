using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Gateway.Actions;
using Gateway.Identity;

namespace Gateway.Limits;

/// <summary>One call that asks for its permits.</summary>
/// <param name="UserId">The caller.</param>
/// <param name="ProjectId">The caller's project; null for a token without one. Such a caller counts as a project of his own.</param>
/// <param name="ActionName">The action's name in the catalogue.</param>
internal sealed record LimitRequest(string UserId, string? ProjectId, string ActionName)
{
    /// <summary>The domain of the project, of the token, or of the user.</summary>
    public string? DomainId { get; init; }

    public ImmutableArray<string> Roles { get; init; } = [];

    public IPAddress? Peer { get; init; }

    public string? ServerId { get; init; }

    /// <summary>The host that the call names.</summary>
    public string? Host { get; init; }

    public string? Cluster { get; init; }

    /// <summary>The body, for limits that count by one of its fields; undefined when there is none.</summary>
    public BodyValue Body { get; init; }

    // Where the API names a host: the actions that move a server, a new server, and the operations on hosts themselves.
    private static readonly string[] HostFields = ["host", "server.host"];
    private const string ZoneField = "server.availability_zone";
    private static readonly string[] HostParameters = ["host", "host_name"];

    /// <param name="subject">Who asks.</param>
    /// <param name="action">What is asked.</param>
    /// <param name="peer">Where the connection came from.</param>
    /// <param name="cluster">Where the call goes.</param>
    public static LimitRequest Of(Subject subject, ServerAction action, IPAddress? peer, string? cluster) => new(subject.UserId, subject.ProjectId, action.Name)
    {
        DomainId = subject.ProjectDomainId ?? subject.DomainId ?? subject.UserDomainId,
        Roles = subject.Roles,
        Peer = peer,
        ServerId = action.Match.ServerId,
        Host = HostIn(action.Match, action.Parameters),
        Cluster = cluster,
        Body = action.Body,
    };

    /// <summary>The host that a call names.</summary>
    /// <param name="match">Its path.</param>
    /// <param name="parameters">The value under its action's key, or its body; undefined when there is none.</param>
    public static string? HostIn(OperationMatch match, BodyValue parameters)
    {
        foreach (var name in HostParameters)
        {
            if (match.Parameter(name) is { } host) return host;
        }

        if (parameters.ValueKind != JsonValueKind.Object) return null;
        foreach (var field in HostFields)
        {
            if (BodyPath.Find(parameters, field) is { ValueKind: JsonValueKind.String } host) return host.GetString();
        }

        // A zone may name a host, too: `zone:host`, `zone:host:node`.
        return BodyPath.Find(parameters, ZoneField) is { ValueKind: JsonValueKind.String } zone && zone.GetString()!.Split(':') is [_, { Length: > 0 } forced, ..] ? forced : null;
    }
}
