using System.Collections.Frozen;
using Gateway.Actions;

namespace Gateway.Limits;

/// <summary>All limits in force, as one immutable value that a reload replaces whole.</summary>
internal sealed class LimitSet
{
    private readonly FrozenDictionary<string, MetLimit[]> _calls;
    private readonly FrozenDictionary<string, MetLimit[]> _denials;
    private readonly MetLimit[] _anyCall;
    private readonly MetLimit[] _anyDenial;

    public LimitSet(IReadOnlyList<Limit> limits, IReadOnlyList<LimitableAction> actions)
    {
        Limits = limits;
        Actions = actions;
        var entries = limits.Select(limit => new LimitVariants(limit)).ToArray();
        var unknown = new LimitableAction("", "", "", Changes: true, Weight: 1);
        _anyCall = Met(entries, unknown, LimitCounts.Calls);
        _anyDenial = Met(entries, unknown, LimitCounts.Denials);
        _calls = actions.ToFrozenDictionary(action => action.Name, action => Met(entries, action, LimitCounts.Calls), StringComparer.Ordinal);
        _denials = actions.ToFrozenDictionary(action => action.Name, action => Met(entries, action, LimitCounts.Denials), StringComparer.Ordinal);
        CountsDenials = limits.Any(limit => limit.Counts == LimitCounts.Denials);
    }

    public static LimitSet Empty { get; } = new([], []);

    public IReadOnlyList<Limit> Limits { get; }

    /// <summary>The actions there are.</summary>
    public IReadOnlyList<LimitableAction> Actions { get; }

    /// <summary>Some limit is about denied calls.</summary>
    public bool CountsDenials { get; }

    /// <summary>Reads a limits file's text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="file">The file's name, for messages.</param>
    /// <param name="catalogue">Says which action names exist.</param>
    public static LimitLoadResult Load(string text, string file, ApiCatalogue catalogue) => new LimitFileReader(file, LimitableAction.Of(catalogue)).Read(text);

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
    internal MetLimit[] For(string action, LimitCounts counts) => counts == LimitCounts.Calls
        ? _calls.GetValueOrDefault(action, _anyCall)
        : _denials.GetValueOrDefault(action, _anyDenial);

    private static MetLimit[] Met(LimitVariants[] limits, LimitableAction action, LimitCounts counts) =>
    [
        .. limits
            .Where(variants => variants.Limit.Counts == counts && variants.Limit.AppliesTo(action.Name))
            .Select(variants => new MetLimit(
                variants, variants.Limit.Cost.Fixed == 0 ? action.Weight : variants.Limit.Cost.Fixed,
                variants.Limit.WithoutRedis ?? RedisAbsence.Of(counts, action.Name, action.Changes))),
    ];
}

/// <summary>A limit's entry, and that of each project which is treated otherwise.</summary>
internal sealed class LimitVariants(Limit limit)
{
    private readonly FrozenDictionary<string, LimitEntry>? _projects =
        limit.Projects?.ToFrozenDictionary(pair => pair.Key, pair => new LimitEntry(limit, pair.Value), StringComparer.Ordinal);

    public Limit Limit => limit;

    public LimitEntry Usual { get; } = new(limit, limit.Numbers);

    public LimitEntry For(string? projectId) =>
        _projects is not null && projectId is not null && _projects.TryGetValue(projectId, out var own) ? own : Usual;
}

/// <summary>A limit as an action meets it.</summary>
/// <param name="Variants">The limit.</param>
/// <param name="Weight">What a call of the action costs before its body is looked at.</param>
/// <param name="WithoutRedis">What happens while Redis cannot be asked.</param>
internal sealed record MetLimit(LimitVariants Variants, int Weight, WithoutRedis WithoutRedis)
{
    public Limit Limit => Variants.Limit;
}

/// <summary>What reading a limits file gave: the limits, or everything that is wrong with the file.</summary>
/// <param name="Limits">Null when there are problems.</param>
/// <param name="Problems">One line each: file, line, value, remedy.</param>
internal sealed record LimitLoadResult(LimitSet? Limits, IReadOnlyList<string> Problems);
