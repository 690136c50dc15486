using Gateway.Policy.Language;
using Gateway.Policy.Python;

namespace Gateway.Policy.Evaluation;

/// <summary>An atom made ready to be answered for one caller and target.</summary>
internal abstract class AtomPlan
{
    /// <summary>The right side, for those who ask what an atom depends on; null when it is not formatted.</summary>
    public abstract Template? Template { get; }

    public abstract Outcome Evaluate(CheckFrame frame);

    /// <summary>
    /// Every outcome the atom can have for this caller, over all targets, as a set of bits (<c>1 &lt;&lt; outcome</c>). It may name too many, never too few.
    /// </summary>
    public abstract int Possible(CheckFrame frame);

    protected static int Only(Outcome outcome) => 1 << (int)outcome;

    public static AtomPlan Of(AtomCheck atom) => atom.Type switch
    {
        AtomKind.Role => new RolePlan(atom.Match),
        AtomKind.AdminFlag => new AdminFlagPlan(atom.Match),
        AtomKind.Remote => new RemotePlan(atom.Kind, atom.Match),
        AtomKind.Attribute => new AttributePlan(atom.Kind, atom.Match),
        _ => throw new ArgumentException($"`{atom}` is decided by the rule it names", nameof(atom)),
    };
}

/// <summary><c>role:NAME</c>: the name, formatted with the target and lower-cased, is among the caller's lower-cased roles.</summary>
internal sealed class RolePlan : AtomPlan
{
    private readonly Template _template;
    private readonly string? _name;

    public RolePlan(string match)
    {
        _template = new Template(match);
        _name = _template.Constant is { } constant ? PythonText.Lower(constant) : null;
    }

    public override Template Template => _template;

    public override Outcome Evaluate(CheckFrame frame)
    {
        var name = _name;
        if (name is null)
        {
            var outcome = _template.Format(frame.Target, out var text, out _);
            if (outcome != Outcome.True) return outcome;
            name = PythonText.Lower(text);
        }
        return HasRole(frame.Credentials, name);
    }

    private static Outcome HasRole(Credentials credentials, string name)
    {
        if (credentials.RolesFault != Outcome.True) return credentials.RolesFault;
        foreach (var role in credentials.Roles)
        {
            if (string.Equals(role, name, StringComparison.Ordinal)) return Outcome.True;
        }
        return Outcome.False;
    }

    public override int Possible(CheckFrame frame)
    {
        if (_name is not null) return Only(Evaluate(frame));
        var settled = frame.Credentials.RolesFault;
        var answers = settled == Outcome.True ? Only(Outcome.True) | Only(Outcome.False) : Only(settled);
        return answers | AttributePlan.TemplateFaults(_template);
    }
}

/// <summary>Nova's <c>is_admin:X</c>: the flag itself, by truth.</summary>
internal sealed class AdminFlagPlan(string match) : AtomPlan
{
    private readonly bool _expected = match == "True";

    public override Template? Template => null;

    public override Outcome Evaluate(CheckFrame frame)
    {
        if (frame.AdminFlag is { } flag)
        {
            if (flag.Outcome.IsError()) return flag.Outcome;
            return flag.IsKnown && (flag.Outcome == Outcome.True) == _expected ? Outcome.True : Outcome.False;
        }
        return frame.Credentials.TryGet("is_admin", out var value)
            ? IsEqual(value) ? Outcome.True : Outcome.False
            : Outcome.KeyError;
    }

    // Python's `==` between the flag and a boolean: 1 and 1.0 equal True.
    private bool IsEqual(object? value) => value switch
    {
        bool flag => flag == _expected,
        long number => number == (_expected ? 1 : 0),
        double number => number.Equals(_expected ? 1.0 : 0.0) || (number == 0 && !_expected),
        _ => false,
    };

    public override int Possible(CheckFrame frame) => Only(Evaluate(frame));
}

/// <summary>Any other <c>KIND:MATCH</c>: a literal or an attribute of the caller against the formatted text.</summary>
internal sealed class AttributePlan : AtomPlan
{
    private static readonly object True = true;
    private static readonly object False = false;

    private readonly Template _template;
    private readonly KindReading _kind;
    private readonly bool _isAdminFlag;

    public AttributePlan(string kind, string match)
    {
        _template = new Template(match);
        _kind = PythonKind.Read(kind);
        _isAdminFlag = _kind.Path is ["is_admin", ..];
    }

    public override Template Template => _template;

    public KindReading Kind => _kind;

    public override Outcome Evaluate(CheckFrame frame)
    {
        // The usual check, one attribute against one attribute, compared without formatting.
        if (_template.Key is { } key && _kind is { Literal: null, Path.Length: 1, Fault: Outcome.True } && !_isAdminFlag)
        {
            if (!frame.Target.TryGet(key, out var wanted)) return Outcome.MissingTarget;
            if (!frame.Credentials.TryGet(_kind.Path[0], out var owned)) return Outcome.False;
            if (wanted is string wantedText && owned is string ownedText)
            {
                return string.Equals(wantedText, ownedText, StringComparison.Ordinal) ? Outcome.True : Outcome.False;
            }
        }
        var formatted = _template.Format(frame.Target, out var text, out var usedNull);
        if (formatted != Outcome.True) return formatted;
        if (_kind.Fault != Outcome.True) return _kind.Fault;
        if (_kind.Literal is { } literal) return string.Equals(literal, text, StringComparison.Ordinal) ? Outcome.True : Outcome.False;
        return Find(frame, text, usedNull);
    }

    private Outcome Find(CheckFrame frame, string text, bool usedNull)
    {
        var path = _kind.Path;
        object? value;
        if (_isAdminFlag && frame.AdminFlag is { } flag)
        {
            if (flag.Outcome.IsError()) return flag.Outcome;
            value = !flag.IsKnown ? null : flag.Outcome == Outcome.True ? True : False;
        }
        else if (!frame.Credentials.TryGet(path[0], out value))
        {
            return Outcome.False;
        }
        return Descend(value, path, 1, text, usedNull);
    }

    private static Outcome Descend(object? value, string[] path, int at, string text, bool usedNull)
    {
        if (value is IReadOnlyList<object?> list)
        {
            foreach (var element in list)
            {
                var outcome = At(element, path, at, text, usedNull);
                if (outcome != Outcome.False) return outcome;
            }
            return Outcome.False;
        }
        return At(value, path, at, text, usedNull);
    }

    private static Outcome At(object? value, string[] path, int at, string text, bool usedNull)
    {
        if (at == path.Length)
        {
            if (!string.Equals(PythonText.Str(value), text, StringComparison.Ordinal)) return Outcome.False;
            return value is null && usedNull ? Outcome.NullEquality : Outcome.True;
        }
        if (value is not IReadOnlyDictionary<string, object?> map) return Outcome.TypeError;
        return map.TryGetValue(path[at], out var next) ? Descend(next, path, at + 1, text, usedNull) : Outcome.False;
    }

    public override int Possible(CheckFrame frame)
    {
        if (_template.Constant is not null) return Only(Evaluate(frame));
        var faults = TemplateFaults(_template);
        if (_kind.Fault != Outcome.True) return faults | Only(_kind.Fault);
        if (_kind.Literal is not null) return faults | Only(Outcome.True) | Only(Outcome.False);
        // Any text may come of the template, so only what does not depend on it counts: whether there is an attribute to compare with.
        return faults | PossibleFinds(frame);
    }

    private int PossibleFinds(CheckFrame frame)
    {
        if (_isAdminFlag && frame.AdminFlag is { } flag)
        {
            return flag.Outcome.IsError() ? Only(flag.Outcome) : Only(Outcome.True) | Only(Outcome.False);
        }
        if (!frame.Credentials.TryGet(_kind.Path[0], out var value)) return Only(Outcome.False);
        return PossibleDescend(value, _kind.Path, 1);
    }

    private static int PossibleDescend(object? value, string[] path, int at)
    {
        if (value is not IReadOnlyList<object?> list) return PossibleAt(value, path, at);
        var found = Only(Outcome.False);
        foreach (var element in list) found |= PossibleAt(element, path, at);
        return found;
    }

    private static int PossibleAt(object? value, string[] path, int at)
    {
        if (at == path.Length) return Only(Outcome.True) | Only(Outcome.False) | (value is null ? Only(Outcome.NullEquality) : 0);
        if (value is not IReadOnlyDictionary<string, object?> map) return Only(Outcome.TypeError);
        return map.TryGetValue(path[at], out var next) ? PossibleDescend(next, path, at + 1) : Only(Outcome.False);
    }

    /// <summary>What formatting can end in, over all targets, besides a text.</summary>
    internal static int TemplateFaults(Template template)
    {
        if (template.Constant is not null) return 0;
        if (template.Key is not null) return Only(Outcome.MissingTarget);
        return Only(Outcome.MissingTarget) | Only(Outcome.ValueError) | Only(Outcome.TypeError) | Only(Outcome.OverflowError);
    }
}
