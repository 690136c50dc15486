namespace Gateway.Casbin;

/// <summary>How far below its topmost role a subject stands, for `subjectPriority`: the deeper, the more specific.</summary>
internal sealed class SubjectDepth
{
    private readonly Dictionary<(string Domain, string Name), List<string>> _roles = [];
    private readonly Dictionary<(string Domain, string Name), int> _depths = [];

    public SubjectDepth(IEnumerable<PolicyRow> rows)
    {
        foreach (var row in rows)
        {
            var key = (row.Values.Length > 2 ? row.Values[2] : RoleGraph.NoDomain, row.Values[0]);
            if (!_roles.TryGetValue(key, out var roles))
                _roles.Add(key, roles = []);
            roles.Add(row.Values[1]);
        }
    }

    /// <summary>0 for a subject without roles; otherwise the length of its longest chain.</summary>
    public int Of(string domain, string subject) => Of(domain, subject, []);

    private int Of(string domain, string subject, HashSet<string> below)
    {
        var key = (domain, subject);
        if (_depths.TryGetValue(key, out var known))
            return known;
        if (!_roles.TryGetValue(key, out var roles))
            return 0;
        if (!below.Add(subject) || below.Count > 1000)
            throw new CasbinException($"`g` rows make a circle through `{subject}`, in which nobody is deepest; `subjectPriority` needs a tree");
        var depth = 1 + roles.Max(role => Of(domain, role, below));
        below.Remove(subject);
        _depths.Add(key, depth);
        return depth;
    }
}
