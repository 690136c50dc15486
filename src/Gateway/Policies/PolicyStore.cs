using Gateway.Policy;

namespace Gateway.Policies;

/// <summary>
/// The rules in force. Files are read again and again; only when their content differs and loads without an error is the whole set swapped.
/// Whatever happens to the files, the revision in force stays until a better one is there.
/// </summary>
internal sealed partial class PolicyStore
{
    private readonly PolicyStoreOptions _options;
    private readonly IReadOnlyCollection<string> _furtherActions;
    private readonly ILogger<PolicyStore> _logger;
    private volatile PolicySet _current;
    private PolicyChange? _last;

    // Once rules have been read from a file, a file that is gone is a broken file: its restrictions must not go with it.
    private string? _file;

    private PolicyStore(
        PolicyStoreOptions options, IReadOnlyCollection<string> furtherActions, string? file, PolicySet first, ILogger<PolicyStore> logger)
    {
        _options = options;
        _furtherActions = furtherActions;
        _file = file;
        _current = first;
        _logger = logger;
    }

    /// <summary>The revision in force. A request takes it once and keeps it to its end.</summary>
    public PolicySet Current => _current;

    /// <summary>True while the files on disk cannot be loaded and an older revision is in force.</summary>
    public bool IsStale => _last is { Loaded: null };

    /// <summary>What came of the last change of the files; null when there was none since the start.</summary>
    public PolicyChange? LastChange => _last;

    /// <summary>The first load; the program does not start on rules it cannot read.</summary>
    /// <param name="options">Where the rules are, and how they are read.</param>
    /// <param name="furtherActions">Rules that the catalogue names beyond the API's own: a rule file may state them.</param>
    /// <param name="logger">Told of every change.</param>
    /// <exception cref="PolicyUnreadableException">The rules do not load; the message lists every finding.</exception>
    public static PolicyStore Open(PolicyStoreOptions options, IReadOnlyCollection<string> furtherActions, ILogger<PolicyStore> logger)
    {
        var file = FileOf(options);
        var result = PolicySet.Load(options.ToPolicyOptions(file, furtherActions));
        return new PolicyStore(options, furtherActions, file, result.Set ?? throw new PolicyUnreadableException(result.Findings), logger);
    }

    /// <summary>
    /// Reads the files again. Null when their content is what was seen last; otherwise what came of it: a new revision in force, or findings.
    /// </summary>
    public PolicyChange? Reload()
    {
        _file ??= FileOf(_options);
        var options = _options.ToPolicyOptions(_file, _furtherActions);
        if (!IsStale && _current.IsOf(options)) return null;
        var result = PolicySet.Load(options);
        var change = new PolicyChange(result.Set, result.Findings);
        if (result.Set is { } set)
        {
            var known = set.Revision == _current.Revision;
            if (known && !IsStale) return null;
            _current = set;
            _last = change;
            Log.InForce(_logger, set.Revision, set.RuleNames.Count);
            return change;
        }

        if (_last is { Loaded: null } previous && previous.Summary == change.Summary) return null;
        _last = change;
        Log.Refused(_logger, _current.Revision, change.Summary);
        return change;
    }

    private static string? FileOf(PolicyStoreOptions options) =>
        options.File ?? (Path.Exists(PolicyStoreOptions.CustomaryFile) ? PolicyStoreOptions.CustomaryFile : null);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Policy revision {Revision} is in force: {Rules} rules")]
        public static partial void InForce(ILogger logger, string revision, int rules);

        [LoggerMessage(2, LogLevel.Critical, "The changed policy files were REFUSED; revision {Revision} stays in force: {Findings}")]
        public static partial void Refused(ILogger logger, string revision, string findings);
    }
}

/// <summary>What came of reading changed rule files.</summary>
/// <param name="Loaded">The set now in force; null when the files were refused.</param>
/// <param name="Findings">What was found in them.</param>
internal sealed record PolicyChange(PolicySet? Loaded, IReadOnlyList<PolicyFinding> Findings)
{
    public string Summary { get; } = string.Join("; ", Findings.Select(finding => finding.ToString()));
}

/// <summary>The rules cannot be loaded.</summary>
internal sealed class PolicyUnreadableException(IReadOnlyList<PolicyFinding> findings)
    : Exception(string.Join(Environment.NewLine, findings.Select(finding => finding.ToString())));
