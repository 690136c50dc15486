using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Forwarding;

/// <summary>Says which cluster a path goes to, by YARP's routes as they are configured, for people who ask before they send.</summary>
internal sealed class ClusterRoutes(IProxyStateLookup state)
{
    /// <summary>The route and cluster of a request; null when no route takes it. Routes that look at hosts, headers or queries, or constrain a
    /// parameter, are judged by path and method alone.</summary>
    public (string Route, ClusterConfig Cluster)? Find(string method, string path)
    {
        var route = state.GetRoutes()
            .Where(candidate => candidate.Cluster is not null && Takes(candidate.Config, method, path))
            .OrderBy(candidate => candidate.Config.Order ?? 0)
            .ThenBy(candidate => Precedence(candidate.Config))
            .FirstOrDefault();
        return route is null ? null : (route.Config.RouteId, route.Cluster!.Model.Config);
    }

    private static bool Takes(RouteConfig route, string method, string path) =>
        (route.Match.Methods is not { Count: > 0 } methods || methods.Contains(method, StringComparer.OrdinalIgnoreCase))
        && (route.Match.Path is not { } template
            || new TemplateMatcher(new RouteTemplate(RoutePatternFactory.Parse(template)), []).TryMatch(path, []));

    private static decimal Precedence(RouteConfig route) =>
        route.Match.Path is { } template ? RoutePrecedence.ComputeInbound(new RouteTemplate(RoutePatternFactory.Parse(template))) : decimal.MaxValue;
}
