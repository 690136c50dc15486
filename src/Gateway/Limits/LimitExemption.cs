using System.Collections.Frozen;
using System.Net;

namespace Gateway.Limits;

/// <summary>Callers whom a limit does not meet.</summary>
internal sealed record LimitExemption(FrozenSet<string> Roles, FrozenSet<string> Users, FrozenSet<string> Projects, IReadOnlyList<IPNetwork> Networks)
{
    public bool Covers(LimitRequest request)
    {
        if (Users.Contains(request.UserId) || (request.ProjectId is { } project && Projects.Contains(project))) return true;
        foreach (var role in request.Roles)
        {
            if (Roles.Contains(role)) return true;
        }

        if (request.Peer is not { } peer) return false;
        var address = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        foreach (var network in Networks)
        {
            if (network.Contains(address)) return true;
        }

        return false;
    }
}
