namespace Gateway.Policy.Files;

/// <summary>Names the nearest known name for one that is not known.</summary>
internal static class Suggestion
{
    private const int MaxDistance = 3;

    /// <summary><c>; did you mean `x`?</c>, or nothing when no known name is near.</summary>
    public static string For(string name, IEnumerable<string> known)
    {
        var best = MaxDistance + 1;
        var nearest = "";
        foreach (var candidate in known)
        {
            if (Math.Abs(candidate.Length - name.Length) >= best) continue;
            var distance = Distance(name, candidate);
            if (distance >= best || distance * 2 > name.Length) continue;
            best = distance;
            nearest = candidate;
        }
        return nearest.Length > 0 ? $"; did you mean `{nearest}`?" : "";
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
