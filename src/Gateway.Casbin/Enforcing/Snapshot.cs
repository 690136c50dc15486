using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Gateway.Casbin;

/// <summary>One revision of the policy, compiled. A decision uses one snapshot from beginning to end; a change makes another.</summary>
internal sealed class Snapshot(PolicySet policies, RoleGraph[] roles, FrozenDictionary<EnforceContext, DecisionView> views, IReadOnlyDictionary<string, string> unusable)
{
    public PolicySet Policies { get; } = policies;

    public RoleGraph[] Roles { get; } = roles;

    /// <summary>The view of r, p, e, m, found without a look-up.</summary>
    public DecisionView Default { get; } = views[EnforceContext.Default];

    /// <summary>Views for matchers handed over by the program.</summary>
    public ConcurrentDictionary<(string Matcher, EnforceContext Context), DecisionView> Others { get; } = new();

    public DecisionView Find(EnforceContext context)
    {
        if (views.TryGetValue(context, out var view))
            return view;
        if (unusable.TryGetValue(context.MatcherType, out var reason))
            throw new CasbinException(reason);
        var known = views.Keys.Select(key => $"({key.RequestType}, {key.PolicyType}, {key.EffectType}, {key.MatcherType})").Order(StringComparer.Ordinal);
        throw new CasbinException(
            $"the model has no decision for ({context.RequestType}, {context.PolicyType}, {context.EffectType}, {context.MatcherType}); there are {string.Join(", ", known)}");
    }
}
