using System.Buffers;

namespace Gateway.Casbin;

/// <summary>
/// Who inherits whom within one domain, or several merged. Immutable; asking does not allocate.
/// </summary>
internal sealed class RoleLinks
{
    /// <summary>How many links a chain may have: ten, as in every Casbin. An eleventh is not followed.</summary>
    public const int MostHops = 10;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly int[][] _parents;
    private readonly List<(int Id, Func<string, bool> IsMatch)> _patterns = [];

    public RoleLinks(IEnumerable<(string Name, string Role)> links, NameMatcher? matcher)
    {
        var parents = new List<List<int>>();
        foreach (var (name, role) in links)
        {
            var from = IdOf(name, parents);
            var to = IdOf(role, parents);
            if (!parents[from].Contains(to))
                parents[from].Add(to);
        }

        if (matcher is not null)
            LinkPatterns(parents, matcher);
        _parents = [.. parents.Select(ids => ids.ToArray())];
    }

    public bool HasLink(string name, string role)
    {
        if (name == role)
            return true;
        if (!_ids.TryGetValue(role, out var target))
            return false;

        // Breadth first; the queue doubles as the list of what was seen, and is short in practice.
        var rented = Array.Empty<int>();
        Span<int> queue = stackalloc int[64];
        var count = 0;
        var hops = 0;
        if (_ids.TryGetValue(name, out var start))
        {
            queue[count++] = start;
        }
        else
        {
            // A name that no row mentions can still match a pattern, which is its first link.
            hops = 1;
            foreach (var (id, isMatch) in _patterns)
            {
                if (!isMatch(name))
                    continue;
                Reserve(ref queue, ref rented, count, 1);
                queue[count++] = id;
            }
        }

        var found = queue[..count].Contains(target);
        var done = 0;
        while (!found && hops < MostHops && done < count)
        {
            hops++;
            for (var end = count; done < end && !found; done++)
            {
                var parents = _parents[queue[done]];
                Reserve(ref queue, ref rented, count, parents.Length);
                foreach (var parent in parents)
                {
                    if (queue[..count].Contains(parent))
                        continue;
                    queue[count++] = parent;
                    found |= parent == target;
                }
            }
        }

        if (rented.Length > 0)
            ArrayPool<int>.Shared.Return(rented);
        return found;
    }

    /// <summary>What the name is directly linked to, patterns that it matches included.</summary>
    public IEnumerable<string> RolesOf(string name) => _ids.TryGetValue(name, out var id)
        ? _parents[id].Select(parent => _names[parent])
        : _patterns.Where(pattern => pattern.IsMatch(name)).Select(pattern => _names[pattern.Id]);

    /// <summary>What is directly linked to the role.</summary>
    public IEnumerable<string> UsersOf(string role) => _ids.TryGetValue(role, out var id)
        ? _names.Where((_, user) => Array.IndexOf(_parents[user], id) >= 0)
        : [];

    public bool Mentions(string name) => _ids.ContainsKey(name);

    private static void Reserve(ref Span<int> queue, ref int[] rented, int count, int more)
    {
        if (count + more <= queue.Length)
            return;
        var larger = ArrayPool<int>.Shared.Rent(Math.Max(queue.Length * 2, count + more));
        queue[..count].CopyTo(larger);
        if (rented.Length > 0)
            ArrayPool<int>.Shared.Return(rented);
        rented = larger;
        queue = larger;
    }

    private int IdOf(string name, List<List<int>> parents)
    {
        if (_ids.TryGetValue(name, out var id))
            return id;
        _ids.Add(name, id = _names.Count);
        _names.Add(name);
        parents.Add([]);
        return id;
    }

    /// <summary>A name is linked to every pattern that it matches.</summary>
    private void LinkPatterns(List<List<int>> parents, NameMatcher matcher)
    {
        for (var id = 0; id < _names.Count; id++)
        {
            if (matcher.Prepare(_names[id]) is { } isMatch)
                _patterns.Add((id, isMatch));
        }

        foreach (var (pattern, isMatch) in _patterns)
        {
            for (var id = 0; id < _names.Count; id++)
            {
                if (id != pattern && !parents[id].Contains(pattern) && isMatch(_names[id]))
                    parents[id].Add(pattern);
            }
        }
    }
}
