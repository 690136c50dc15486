using System.Collections.Frozen;
using Gateway.Actions;

namespace Gateway.Limits;

/// <summary>All limits in force, as one immutable value that a reload replaces whole.</summary>
internal sealed class LimitSet
{
    private readonly FrozenDictionary<string, LimitEntry[]> _byAction;
    private readonly LimitEntry[] _forAny;

    public LimitSet(IReadOnlyList<Limit> limits, IEnumerable<string> actionNames)
    {
        Limits = limits;
        var entries = limits.Select(limit => new LimitEntry(limit, limit.Identity, limit.Interval, limit.Tolerance)).ToArray();
        _forAny = [.. entries.Where(entry => entry.Limit.Actions is null)];
        _byAction = actionNames.ToFrozenDictionary(
            name => name, name => entries.Where(entry => entry.Limit.AppliesTo(name)).ToArray(), StringComparer.Ordinal);
    }

    public static LimitSet Empty { get; } = new([], []);

    public IReadOnlyList<Limit> Limits { get; }

    /// <summary>Reads a limits file's text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="catalogue">Says which action names exist.</param>
    public static LimitLoadResult Load(string text, string file, ApiCatalogue catalogue) => new LimitFileReader(file, catalogue).Read(text);

    /// <summary>Reads a limits file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="catalogue">Says which action names exist.</param>
    public static LimitLoadResult LoadFile(string path, ApiCatalogue catalogue)
    {
        try
        {
            return Load(File.ReadAllText(path), path, catalogue);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new LimitLoadResult(null, [$"{path}: cannot be read: {e.Message}"]);
        }
    }

    /// <summary>The limits that an action meets, in the file's order.</summary>
    internal LimitEntry[] For(string action) => _byAction.GetValueOrDefault(action, _forAny);
}

/// <summary>A limit with the numbers every decision needs.</summary>
internal sealed record LimitEntry(Limit Limit, string Identity, long Interval, long Tolerance);

/// <summary>What reading a limits file gave: the limits, or everything that is wrong with the file.</summary>
/// <param name="Limits">Null when there are problems.</param>
/// <param name="Problems">One line each: file, line, value, remedy.</param>
internal sealed record LimitLoadResult(LimitSet? Limits, IReadOnlyList<string> Problems);
