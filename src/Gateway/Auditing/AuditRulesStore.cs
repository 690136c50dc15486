using Gateway.Actions;

namespace Gateway.Auditing;

/// <summary>Keeps the audit rules in force equal to their file: read again and again, swapped whole when it changed and is without a fault.</summary>
internal sealed partial class AuditRulesStore
{
    /// <summary>Where operators keep them when nothing else is said.</summary>
    public const string CustomaryFile = "config/audit.yaml";

    private readonly string? _path;
    private readonly ApiCatalogue _catalogue;
    private readonly ILogger<AuditRulesStore> _logger;
    private volatile AuditRules _current;
    private string _text;

    private AuditRulesStore(string? path, string text, AuditRules first, ApiCatalogue catalogue, ILogger<AuditRulesStore> logger)
    {
        _path = path;
        _text = text;
        _current = first;
        _catalogue = catalogue;
        _logger = logger;
    }

    /// <summary>The rules in force. A call takes them once.</summary>
    public AuditRules Current => _current;

    /// <summary>Why the file on disk is not in force; null when it is.</summary>
    public string? Fault { get; private set; }

    /// <summary>The first read; the program does not start on rules it cannot read.</summary>
    /// <param name="path">The file; null for the defaults that come with the program, which never change.</param>
    /// <param name="defaults">Text of those defaults.</param>
    /// <exception cref="AuditRulesUnreadableException">The file has faults; all are listed.</exception>
    public static AuditRulesStore Open(string? path, string defaults, ApiCatalogue catalogue, ILogger<AuditRulesStore> logger)
    {
        var text = path is null ? defaults : File.ReadAllText(path);
        var (rules, problems) = new AuditRulesReader(path ?? "built-in audit rules", catalogue).Read(text);
        return new AuditRulesStore(path, text, rules ?? throw new AuditRulesUnreadableException(problems), catalogue, logger);
    }

    /// <summary>Reads the file again. Not to be called from two threads at once.</summary>
    /// <returns>Null when nothing changed; otherwise the new text, or why it is refused.</returns>
    public AuditRulesChange? Reload()
    {
        if (_path is null) return null;
        string text;
        try
        {
            text = File.ReadAllText(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse($"{_path}: cannot be read: {e.Message}");
        }

        if (text == _text && Fault is null) return null;
        var (rules, problems) = new AuditRulesReader(_path, _catalogue).Read(text);
        if (rules is null) return Refuse(string.Join("; ", problems));
        (_text, Fault, _current) = (text, null, rules);
        Log.InForce(_logger, _path, rules.Count);
        return new AuditRulesChange(text, null);
    }

    private AuditRulesChange? Refuse(string fault)
    {
        if (Fault == fault) return null;
        Fault = fault;
        Log.Refused(_logger, fault);
        return new AuditRulesChange(null, fault);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The audit rules of {File} are in force: {Count}")]
        public static partial void InForce(ILogger logger, string file, int count);

        [LoggerMessage(2, LogLevel.Critical, "The changed audit rules were REFUSED; those read before stay in force: {Fault}")]
        public static partial void Refused(ILogger logger, string fault);
    }
}

/// <summary>What came of reading a changed file: its text now in force, or why it is not.</summary>
internal sealed record AuditRulesChange(string? Text, string? Fault);

/// <summary>The audit rules cannot be read at the start.</summary>
internal sealed class AuditRulesUnreadableException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems));
