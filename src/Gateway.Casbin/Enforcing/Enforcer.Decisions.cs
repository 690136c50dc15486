// The names are Casbin's.
#pragma warning disable CA1711

namespace Gateway.Casbin;

/// <content>
/// Decisions. The forms for one to six values do not allocate when the values are reference types; longer requests are given as an array.
/// </content>
public sealed partial class Enforcer
{
    /// <summary>Whether the request is allowed.</summary>
    /// <exception cref="CasbinException">The request has another number of values than the model, or a value of a type that an operator cannot use.</exception>
    public bool Enforce<T1>(T1 value1)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1);
        return snapshot.Default.Decide(ref frame, 1, out CompiledRow? _);
    }

    public bool Enforce<T1>(EnforceContext context, T1 value1)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1);
        return snapshot.Find(context).Decide(ref frame, 1, out CompiledRow? _);
    }

    /// <summary>The decision and the row that made it; no row when nothing matched, or when the matcher looks at none.</summary>
    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1>(T1 value1)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1);
        var allowed = snapshot.Default.Decide(ref frame, 1, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1>(EnforceContext context, T1 value1)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1);
        var allowed = snapshot.Find(context).Decide(ref frame, 1, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public bool Enforce<T1, T2>(T1 value1, T2 value2)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2);
        return snapshot.Default.Decide(ref frame, 2, out CompiledRow? _);
    }

    public bool Enforce<T1, T2>(EnforceContext context, T1 value1, T2 value2)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2);
        return snapshot.Find(context).Decide(ref frame, 2, out CompiledRow? _);
    }

    /// <summary>The decision and the row that made it; no row when nothing matched, or when the matcher looks at none.</summary>
    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2>(T1 value1, T2 value2)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2);
        var allowed = snapshot.Default.Decide(ref frame, 2, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2>(EnforceContext context, T1 value1, T2 value2)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2);
        var allowed = snapshot.Find(context).Decide(ref frame, 2, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public bool Enforce<T1, T2, T3>(T1 value1, T2 value2, T3 value3)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3);
        return snapshot.Default.Decide(ref frame, 3, out CompiledRow? _);
    }

    public bool Enforce<T1, T2, T3>(EnforceContext context, T1 value1, T2 value2, T3 value3)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3);
        return snapshot.Find(context).Decide(ref frame, 3, out CompiledRow? _);
    }

    /// <summary>The decision and the row that made it; no row when nothing matched, or when the matcher looks at none.</summary>
    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2, T3>(T1 value1, T2 value2, T3 value3)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3);
        var allowed = snapshot.Default.Decide(ref frame, 3, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2, T3>(EnforceContext context, T1 value1, T2 value2, T3 value3)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3);
        var allowed = snapshot.Find(context).Decide(ref frame, 3, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public bool Enforce<T1, T2, T3, T4>(T1 value1, T2 value2, T3 value3, T4 value4)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4);
        return snapshot.Default.Decide(ref frame, 4, out CompiledRow? _);
    }

    public bool Enforce<T1, T2, T3, T4>(EnforceContext context, T1 value1, T2 value2, T3 value3, T4 value4)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4);
        return snapshot.Find(context).Decide(ref frame, 4, out CompiledRow? _);
    }

    /// <summary>The decision and the row that made it; no row when nothing matched, or when the matcher looks at none.</summary>
    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2, T3, T4>(T1 value1, T2 value2, T3 value3, T4 value4)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4);
        var allowed = snapshot.Default.Decide(ref frame, 4, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2, T3, T4>(EnforceContext context, T1 value1, T2 value2, T3 value3, T4 value4)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4);
        var allowed = snapshot.Find(context).Decide(ref frame, 4, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public bool Enforce<T1, T2, T3, T4, T5>(T1 value1, T2 value2, T3 value3, T4 value4, T5 value5)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4, value5);
        return snapshot.Default.Decide(ref frame, 5, out CompiledRow? _);
    }

    public bool Enforce<T1, T2, T3, T4, T5>(EnforceContext context, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4, value5);
        return snapshot.Find(context).Decide(ref frame, 5, out CompiledRow? _);
    }

    /// <summary>The decision and the row that made it; no row when nothing matched, or when the matcher looks at none.</summary>
    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2, T3, T4, T5>(T1 value1, T2 value2, T3 value3, T4 value4, T5 value5)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4, value5);
        var allowed = snapshot.Default.Decide(ref frame, 5, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2, T3, T4, T5>(EnforceContext context, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4, value5);
        var allowed = snapshot.Find(context).Decide(ref frame, 5, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public bool Enforce<T1, T2, T3, T4, T5, T6>(T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4, value5, value6);
        return snapshot.Default.Decide(ref frame, 6, out CompiledRow? _);
    }

    public bool Enforce<T1, T2, T3, T4, T5, T6>(EnforceContext context, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4, value5, value6);
        return snapshot.Find(context).Decide(ref frame, 6, out CompiledRow? _);
    }

    /// <summary>The decision and the row that made it; no row when nothing matched, or when the matcher looks at none.</summary>
    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2, T3, T4, T5, T6>(T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4, value5, value6);
        var allowed = snapshot.Default.Decide(ref frame, 6, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    public (bool Allowed, IReadOnlyList<PolicyRow> Explanation) EnforceEx<T1, T2, T3, T4, T5, T6>(EnforceContext context, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6)
    {
        var snapshot = _snapshot;
        var frame = Pack(snapshot, value1, value2, value3, value4, value5, value6);
        var allowed = snapshot.Find(context).Decide(ref frame, 6, out IReadOnlyList<PolicyRow> explanation);
        return (allowed, explanation);
    }

    private static Frame Pack<T1>(Snapshot snapshot, T1 value1)
    {
        var frame = new Frame { Roles = snapshot.Roles };
        frame.V0 = Operators.Normalize(value1);
        return frame;
    }

    private static Frame Pack<T1, T2>(Snapshot snapshot, T1 value1, T2 value2)
    {
        var frame = new Frame { Roles = snapshot.Roles };
        frame.V0 = Operators.Normalize(value1);
        frame.V1 = Operators.Normalize(value2);
        return frame;
    }

    private static Frame Pack<T1, T2, T3>(Snapshot snapshot, T1 value1, T2 value2, T3 value3)
    {
        var frame = new Frame { Roles = snapshot.Roles };
        frame.V0 = Operators.Normalize(value1);
        frame.V1 = Operators.Normalize(value2);
        frame.V2 = Operators.Normalize(value3);
        return frame;
    }

    private static Frame Pack<T1, T2, T3, T4>(Snapshot snapshot, T1 value1, T2 value2, T3 value3, T4 value4)
    {
        var frame = new Frame { Roles = snapshot.Roles };
        frame.V0 = Operators.Normalize(value1);
        frame.V1 = Operators.Normalize(value2);
        frame.V2 = Operators.Normalize(value3);
        frame.V3 = Operators.Normalize(value4);
        return frame;
    }

    private static Frame Pack<T1, T2, T3, T4, T5>(Snapshot snapshot, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5)
    {
        var frame = new Frame { Roles = snapshot.Roles };
        frame.V0 = Operators.Normalize(value1);
        frame.V1 = Operators.Normalize(value2);
        frame.V2 = Operators.Normalize(value3);
        frame.V3 = Operators.Normalize(value4);
        frame.V4 = Operators.Normalize(value5);
        return frame;
    }

    private static Frame Pack<T1, T2, T3, T4, T5, T6>(Snapshot snapshot, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6)
    {
        var frame = new Frame { Roles = snapshot.Roles };
        frame.V0 = Operators.Normalize(value1);
        frame.V1 = Operators.Normalize(value2);
        frame.V2 = Operators.Normalize(value3);
        frame.V3 = Operators.Normalize(value4);
        frame.V4 = Operators.Normalize(value5);
        frame.V5 = Operators.Normalize(value6);
        return frame;
    }
}
