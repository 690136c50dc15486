// The names are Casbin's.
#pragma warning disable CA1711

namespace Gateway.Casbin;

/// <content>Decisions for requests given as arrays, many at a time, or by another matcher than the model's.</content>
public sealed partial class Enforcer
{
    /// <summary>The program's own matchers that a snapshot keeps compiled; further ones are compiled each time.</summary>
    private const int MostOtherMatchers = 256;

    public bool Enforce(object?[] requestValues) => Enforce(EnforceContext.Default, requestValues);

    public bool Enforce(string[] requestValues) => Enforce(EnforceContext.Default, (object?[])requestValues);

    public bool Enforce(EnforceContext context, object?[] requestValues) => EnforceEx(context, requestValues).Allowed;

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx(object?[] requestValues) => EnforceEx(EnforceContext.Default, requestValues);

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx(string[] requestValues) => EnforceEx(EnforceContext.Default, (object?[])requestValues);

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx(EnforceContext context, object?[] requestValues)
    {
        var snapshot = _snapshot;
        return Decide(snapshot, snapshot.Find(context), requestValues);
    }

    /// <summary>One answer per request, in order, all by the same revision of the policy.</summary>
    public IReadOnlyList<bool> BatchEnforce(IEnumerable<object?[]> requests) => BatchEnforce(EnforceContext.Default, requests);

    public IReadOnlyList<bool> BatchEnforce(EnforceContext context, IEnumerable<object?[]> requests)
    {
        var snapshot = _snapshot;
        var view = snapshot.Find(context);
        return [.. requests.Select(values => Decide(snapshot, view, values).Allowed)];
    }

    /// <summary>Decides by this matcher instead of the model's. It is compiled at its first use for each revision of the policy.</summary>
    public bool EnforceWithMatcher(string matcher, params object?[] requestValues) => EnforceExWithMatcher(matcher, EnforceContext.Default, requestValues).Allowed;

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceExWithMatcher(string matcher, params object?[] requestValues) =>
        EnforceExWithMatcher(matcher, EnforceContext.Default, requestValues);

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceExWithMatcher(string matcher, EnforceContext context, object?[] requestValues)
    {
        var snapshot = _snapshot;
        if (!snapshot.Others.TryGetValue((matcher, context), out var view))
        {
            lock (_writing)
                view = _compiler.CompileMatcher(matcher, context, snapshot.Policies);
            if (snapshot.Others.Count < MostOtherMatchers)
                snapshot.Others.TryAdd((matcher, context), view);
        }

        return Decide(snapshot, view, requestValues);
    }

    private static (bool Allowed, IReadOnlyList<PolicyRow> Explanation) Decide(Snapshot snapshot, DecisionView view, object?[] requestValues)
    {
        var frame = new Frame { Roles = snapshot.Roles };
        for (var i = 0; i < Math.Min(requestValues.Length, Frame.Capacity); i++)
            frame[i] = Operators.Normalize(requestValues[i]);
        var allowed = view.Decide(ref frame, requestValues.Length, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }
}
