using System.Runtime.InteropServices;

namespace Gateway.Limits;

/// <summary>Whose bucket of which limit: the limit's identity, and the values of the parts of its scope in a fixed order.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BucketKey(string Limit, string First, string Second, string Third, string Fourth)
{
    /// <summary>Parts that a scope may have.</summary>
    public const int MostParts = 4;

    /// <summary>Stands before the user's id where a project's would stand. No project's id begins with it.</summary>
    public const string UserAsProject = "\0user:";

    /// <summary>The parts of a scope in the order of a key; the project first, by which keys are kept together.</summary>
    public static IReadOnlyList<LimitScope> Order { get; } =
    [
        LimitScope.Project, LimitScope.User, LimitScope.Domain, LimitScope.Network, LimitScope.Server, LimitScope.Host, LimitScope.Cluster, LimitScope.Action,
    ];

    /// <summary>Null when the call has nothing that the limit counts by: no server.</summary>
    public static BucketKey? Of(LimitEntry entry, LimitRequest request)
    {
        var limit = entry.Limit;
        if (limit.Scope.HasFlag(LimitScope.Server) && request.ServerId is null) return null;

        Parts values = default;
        var count = 0;
        foreach (var part in Order)
        {
            if (limit.Scope.HasFlag(part)) values[count++] = ValueOf(part, limit, request);
        }

        for (var i = count; i < MostParts; i++) values[i] = "";
        return new BucketKey(entry.Identity, values[0], values[1], values[2], values[3]);
    }

    public string this[int index] => index switch { 0 => First, 1 => Second, 2 => Third, _ => Fourth };

    private static string ValueOf(LimitScope part, Limit limit, LimitRequest request) => part switch
    {
        // A caller without a project counts as a project of his own.
        LimitScope.Project => request.ProjectId ?? UserAsProject + request.UserId,
        LimitScope.User => request.UserId,
        LimitScope.Domain => request.DomainId ?? "",
        LimitScope.Network => limit.Network.Of(request.Peer),
        LimitScope.Server => request.ServerId!,
        LimitScope.Host => request.Host ?? "",
        LimitScope.Cluster => request.Cluster ?? "",
        _ => request.ActionName,
    };

    [System.Runtime.CompilerServices.InlineArray(MostParts)]
    private struct Parts
    {
        private string _first;
    }
}
