using Gateway.Policy.Evaluation;
using Gateway.Policy.Python;

namespace Gateway.Policy.Analysis;

/// <summary>
/// All callers and targets that rules can tell apart, as a product of a few values for each fact. Attributes that are compared with each other share
/// their values: absent, null, every constant any of them is compared with, and as many further texts as there are attributes, so that all of them can
/// differ. That is enough to meet every case of a rule, so what holds here holds for all well-formed callers and targets: roles a list of
/// texts, other attributes single texts, null or absent.
/// </summary>
internal sealed class Universe
{
    /// <summary>The caller's attributes that are lists, besides the roles.</summary>
    private const string ServiceRoles = "service_roles";
    private const int RoleCost = 100;

    private static readonly string[] ScopeAttributes = ["system_scope", "domain_id"];
    private static readonly string[] OwnerAttributes = ["system_scope", "domain_id", "project_id"];

    private readonly Dictionary<(VariableKind, string), int> _index = [];

    private Universe(IReadOnlyList<Variable> variables)
    {
        Variables = variables;
        for (var i = 0; i < variables.Count; i++) _index[(variables[i].Kind, variables[i].Name)] = i;
        Diagram = new DecisionDiagram([.. variables.Select(variable => variable.Values.Count)]);
    }

    public IReadOnlyList<Variable> Variables { get; }

    public DecisionDiagram Diagram { get; }

    /// <summary>The universe in which atoms and, when asked for, scopes can be told apart.</summary>
    /// <param name="more">Adds what one caller and target have, so that they are among the cases.</param>
    public static Universe Of(IEnumerable<ReachedAtom> atoms, bool hasScopes, Action<UniverseDraft>? more = null)
    {
        var draft = new UniverseDraft();
        foreach (var reached in atoms) Add(draft, reached);
        if (hasScopes)
        {
            draft.Constant(UniverseDraft.Creds("system_scope"), "all");
            draft.Attribute(UniverseDraft.Creds("domain_id"));
        }
        more?.Invoke(draft);
        return new Universe(draft.Variables());
    }

    private static void Add(UniverseDraft draft, ReachedAtom reached)
    {
        var plan = reached.Atom.Plan;
        var keys = RuleAtoms.KeysOf(plan.Template).Select(key => Side(key, reached.IsOwn)).OfType<string>().ToList();
        foreach (var key in keys) draft.Attribute(key);
        switch (plan)
        {
            case RolePlan:
                if (plan.Template!.Constant is { } role) draft.Role(PythonText.Lower(role), PythonText.Lower(role));
                foreach (var key in keys) draft.RoleNamed(key);
                break;
            case RemotePlan:
                draft.Remote(reached.Atom.ToString());
                break;
            case AttributePlan { Kind: { Fault: Outcome.True } kind }:
                Add(draft, plan.Template!, kind, keys);
                break;
        }
    }

    private static void Add(UniverseDraft draft, Template template, KindReading kind, List<string> keys)
    {
        if (kind.Literal is { } literal)
        {
            if (template.Key is not null) draft.Constant(keys[0], literal);
            return;
        }
        var path = NameOf(kind);
        if (path == "roles")
        {
            if (template.Constant is { } spelt) draft.Role(PythonText.Lower(spelt), spelt);
            foreach (var key in keys) draft.RoleNamed(key);
            return;
        }
        if (path == ServiceRoles && template.Constant is { } member)
        {
            draft.Member(member);
            return;
        }
        var attribute = UniverseDraft.Creds(path);
        draft.Attribute(attribute);
        if (template.Constant is { } constant) draft.Constant(attribute, constant);
        foreach (var key in keys) draft.Compare(attribute, key);
        if (template.Constant is null && template.Key is null) draft.Format(attribute, template, keys);
    }

    /// <summary>The attribute of the caller a path names; <c>system</c> is where the engine copies <c>system_scope</c>.</summary>
    private static string NameOf(KindReading kind) => kind.Path is ["system"] ? "system_scope" : string.Join('.', kind.Path);

    /// <summary>Where the value of a target's attribute comes from; null for one that the caller's own project and user do not have.</summary>
    private static string? Side(string key, bool isOwn) => !isOwn ? UniverseDraft.Target(key) : key is "project_id" or "user_id" ? UniverseDraft.Creds(key) : null;

    /// <summary>The variables an atom's answer depends on, in order.</summary>
    public IReadOnlyList<int> SupportOf(ReachedAtom reached)
    {
        var support = new SortedSet<int>();
        var plan = reached.Atom.Plan;
        foreach (var key in RuleAtoms.KeysOf(plan.Template))
        {
            if (Side(key, reached.IsOwn) is { } side) support.Add(_index[UniverseDraft.VariableOf(side)]);
        }
        switch (plan)
        {
            case RolePlan { Template.Constant: { } role }:
                support.Add(_index[(VariableKind.Role, PythonText.Lower(role))]);
                break;
            case RolePlan:
                AddAll(support, VariableKind.Role, "");
                break;
            case RemotePlan:
                support.Add(_index[(VariableKind.Remote, reached.Atom.ToString())]);
                break;
            case AttributePlan { Kind: { Fault: Outcome.True, Literal: null } kind, Template.Constant: var constant }:
                AddPath(support, NameOf(kind), constant);
                break;
        }
        return [.. support];
    }

    private void AddPath(SortedSet<int> support, string path, string? constant)
    {
        if (path == "roles")
        {
            if (constant is not null) support.Add(_index[(VariableKind.Role, PythonText.Lower(constant))]);
            else AddAll(support, VariableKind.Role, "");
            return;
        }
        if (path == ServiceRoles && constant is not null)
        {
            support.Add(_index[(VariableKind.Member, constant)]);
            return;
        }
        if (path == ServiceRoles) AddAll(support, VariableKind.Member, "");
        if (_index.TryGetValue((VariableKind.Attribute, path), out var own)) support.Add(own);
        // An attribute with attributes within is a mapping: its text depends on all of them.
        AddAll(support, VariableKind.Attribute, path + ".");
    }

    private void AddAll(SortedSet<int> support, VariableKind kind, string prefix)
    {
        for (var i = 0; i < Variables.Count; i++)
        {
            if (Variables[i].Kind == kind && Variables[i].Name.StartsWith(prefix, StringComparison.Ordinal)) support.Add(i);
        }
    }

    public IReadOnlyList<int> ScopeSupport =>
        [.. ScopeAttributes.Where(name => _index.ContainsKey((VariableKind.Attribute, name))).Select(name => _index[(VariableKind.Attribute, name)]).Order()];

    /// <summary>The caller of a point; facts the point leaves open (-1) are absent.</summary>
    public Dictionary<string, object?> Caller(ReadOnlySpan<int> point)
    {
        var roles = new List<string>();
        var members = new List<string>();
        var caller = new Dictionary<string, object?>(StringComparer.Ordinal) { ["roles"] = roles };
        for (var i = 0; i < point.Length; i++)
        {
            if (point[i] <= 0) continue;
            var (variable, value) = (Variables[i], Variables[i].Values[point[i]]);
            switch (variable.Kind)
            {
                case VariableKind.Role:
                    roles.AddRange((string[])value!);
                    break;
                case VariableKind.Member:
                    members.Add((string)value!);
                    break;
                case VariableKind.Attribute:
                    Put(caller, variable.Name.Split('.'), value);
                    break;
            }
        }
        if (members.Count > 0) caller[ServiceRoles] = members;
        return caller;
    }

    private static void Put(Dictionary<string, object?> map, string[] path, object? value)
    {
        foreach (var segment in path[..^1])
        {
            if (!map.TryGetValue(segment, out var inner) || inner is not Dictionary<string, object?>) map[segment] = inner = new Dictionary<string, object?>(StringComparer.Ordinal);
            map = (Dictionary<string, object?>)inner;
        }
        if (!map.TryGetValue(path[^1], out var there) || there is not Dictionary<string, object?>) map[path[^1]] = value;
    }

    /// <summary>The target of a point.</summary>
    public Dictionary<string, object?> TargetOf(ReadOnlySpan<int> point)
    {
        var target = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < point.Length; i++)
        {
            if (point[i] > 0 && Variables[i].Kind == VariableKind.Target) target[Variables[i].Name] = Variables[i].Values[point[i]];
        }
        return target;
    }

    /// <summary>What the services answer at a point, by the text of the check.</summary>
    public Outcome Answer(ReadOnlySpan<int> point, string check) => point[_index[(VariableKind.Remote, check)]] switch
    {
        1 => Outcome.True,
        2 => Outcome.RemoteFault,
        _ => Outcome.False,
    };

    /// <summary>True for the tokens an identity service issues: for a project, for a domain or for the system, never for two of them.</summary>
    public int OrdinaryTokens()
    {
        var owners = OwnerAttributes
            .Where(name => _index.ContainsKey((VariableKind.Attribute, name)))
            .Select(name => _index[(VariableKind.Attribute, name)]).Order().ToArray();
        return Diagram.Tabulate(owners, new int[Variables.Count], point => owners.Count(owner => Variables[owner].Values[point[owner]] is string) <= 1 ? Outcome.True : Outcome.False);
    }

    public int CostOf(int variable, int value) => Variables[variable].Costs[value];

    internal static int Cost(VariableKind kind, string name, object? value) => (kind, name) switch
    {
        (VariableKind.Role, _) => ReferenceEquals(value, Variable.Absent) ? 0 : RoleCost * ((string[])value!).Length,
        (VariableKind.Member, _) => ReferenceEquals(value, Variable.Absent) ? 0 : RoleCost,
        (VariableKind.Remote, _) => value is Outcome.RemoteFault ? 50 : value is Outcome.True ? 2 : 0,
        // What every token and every server has is there unless it must not be.
        (_, "project_id" or "user_id") or (VariableKind.Target, _) => ReferenceEquals(value, Variable.Absent) ? 8 : value is null ? 9 : 1,
        _ => ReferenceEquals(value, Variable.Absent) ? 0 : value is null ? 5 : 4,
    };
}
