using Gateway.Policy.Evaluation;
using Gateway.Policy.Python;

namespace Gateway.Policy.Analysis;

/// <summary>Gathers what rules ask for and chooses the values that tell all cases apart.</summary>
internal sealed class UniverseDraft
{
    // In the order in which rules name them: what is asked together stands together, which keeps diagrams small.
    private readonly OrderedDictionary<string, SortedSet<string>> _roles = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _members = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _remotes = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _roleNames = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SortedSet<string>> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _parents = new(StringComparer.Ordinal);
    private readonly List<(string Attribute, Template Template, List<string> Keys)> _formats = [];

    // Attributes of the caller and of the target, told apart by their first letter; the caller's come first.
    public static string Creds(string path) => "c" + path;

    public static string Target(string key) => "t" + key;

    public static (VariableKind Kind, string Name) VariableOf(string side) => (side[0] == 'c' ? VariableKind.Attribute : VariableKind.Target, side[1..]);

    public void Role(string folded, string spelling)
    {
        if (!_roles.TryGetValue(folded, out var spellings)) _roles[folded] = spellings = new SortedSet<string>(StringComparer.Ordinal) { folded };
        spellings.Add(spelling);
    }

    public void Member(string element) => _members.Add(element);

    public void Remote(string check) => _remotes.Add(check);

    public void RoleNamed(string side) => _roleNames.Add(side);

    public void Attribute(string side)
    {
        _parents.TryAdd(side, side);
        if (!_constants.ContainsKey(side)) _constants[side] = new SortedSet<string>(StringComparer.Ordinal);
    }

    public void Constant(string side, string constant)
    {
        Attribute(side);
        _constants[side].Add(constant);
    }

    /// <summary>One more value of an attribute that rules ask for; of others nothing.</summary>
    public void ValueOfKnown(string side, string value)
    {
        if (_constants.TryGetValue(side, out var constants)) constants.Add(value);
    }

    public void Compare(string one, string other)
    {
        Attribute(one);
        Attribute(other);
        _parents[Root(one)] = Root(other);
    }

    public void Format(string attribute, Template template, List<string> keys) => _formats.Add((attribute, template, keys));

    private string Root(string side)
    {
        while (_parents[side] != side) side = _parents[side];
        return side;
    }

    public IReadOnlyList<Variable> Variables()
    {
        var domains = new Dictionary<string, List<object?>>(StringComparer.Ordinal);
        var groups = _parents.Keys.GroupBy(Root, StringComparer.Ordinal).Select(group => group.Order(StringComparer.Ordinal).ToArray()).OrderBy(group => group[0], StringComparer.Ordinal).ToList();
        foreach (var group in groups) Domains(group, domains);
        AddFormatted(domains);

        var variables = new List<Variable>();
        foreach (var (folded, spellings) in _roles) variables.Add(Make(VariableKind.Role, folded, [Variable.Absent, .. Spellings(spellings, folded)]));
        foreach (var member in _members) variables.Add(Make(VariableKind.Member, member, [Variable.Absent, member]));
        foreach (var side in groups.SelectMany(group => group))
        {
            var (kind, name) = VariableOf(side);
            variables.Add(Make(kind, name, domains[side]));
        }
        foreach (var remote in _remotes) variables.Add(Make(VariableKind.Remote, remote, [Variable.Absent, Outcome.True, Outcome.RemoteFault]));
        return variables;
    }

    private static Variable Make(VariableKind kind, string name, IReadOnlyList<object?> values) =>
        new(kind, name, values, [.. values.Select(value => Universe.Cost(kind, name, value))]);

    private static IEnumerable<object?> Spellings(SortedSet<string> spellings, string folded)
    {
        yield return new[] { folded };
        foreach (var spelling in spellings.Where(spelling => spelling != folded)) yield return new[] { spelling };
        if (spellings.Count > 2) yield return spellings.Where(spelling => spelling != folded).ToArray();
    }

    private void Domains(string[] group, Dictionary<string, List<object?>> domains)
    {
        var constants = group.SelectMany(side => _constants[side]).ToHashSet(StringComparer.Ordinal);
        var namesRoles = group.Any(_roleNames.Contains);
        if (namesRoles) constants.UnionWith(_roles.Keys);
        var fresh = new List<string>();
        var stem = StemOf(group);
        for (var number = 1; fresh.Count < group.Length; number++)
        {
            var text = $"{stem}-{number}";
            if (constants.Contains(text)) continue;
            fresh.Add(text);
            if (namesRoles) Role(PythonText.Lower(text), PythonText.Lower(text));
        }
        var ordered = constants.Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < group.Length; i++)
        {
            // INVARIANT: the i-th attribute of a group has the first i + 1 of its fresh texts: every pattern of equal and different values occurs.
            domains[group[i]] = [Variable.Absent, .. fresh.Take(i + 1), .. ordered, null];
        }
    }

    private static string StemOf(string[] group)
    {
        foreach (var (name, stem) in (ReadOnlySpan<(string, string)>)[("project_id", "project"), ("user_id", "user"), ("domain_id", "domain")])
        {
            if (group.Any(side => side[1..] == name)) return stem;
        }
        var first = group[0][1..];
        return first.EndsWith("_id", StringComparison.Ordinal) ? first[..^3] : first;
    }

    // A template of more than one lone attribute can only be met by texts made from its attributes' values.
    private void AddFormatted(Dictionary<string, List<object?>> domains)
    {
        foreach (var (attribute, template, keys) in _formats)
        {
            var texts = new SortedSet<string>(StringComparer.Ordinal);
            Fill(template, keys, 0, new Dictionary<string, object?>(StringComparer.Ordinal), domains, texts);
            foreach (var text in texts.Where(text => !domains[attribute].Contains(text))) domains[attribute].Add(text);
        }
    }

    private static void Fill(Template template, List<string> keys, int at, Dictionary<string, object?> target, Dictionary<string, List<object?>> domains, SortedSet<string> texts)
    {
        if (at == keys.Count)
        {
            if (template.Format(new TargetAttributes(target), out var text, out _) == Outcome.True) texts.Add(text);
            if (texts.Count > 10_000) throw new PolicyAnalysisException($"`{template.Text}` has too many cases to analyse");
            return;
        }
        foreach (var value in domains[keys[at]].ToArray())
        {
            if (ReferenceEquals(value, Variable.Absent)) continue;
            target[keys[at][1..]] = value;
            Fill(template, keys, at + 1, target, domains, texts);
        }
        target.Remove(keys[at][1..]);
    }
}
