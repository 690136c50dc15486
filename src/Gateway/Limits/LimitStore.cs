using Gateway.Actions;

namespace Gateway.Limits;

/// <summary>Keeps the limits in force equal to their file: read again and again, swapped whole when it changed and is without a fault.</summary>
internal sealed partial class LimitStore
{
    private readonly string? _path;
    private readonly ApiCatalogue _catalogue;
    private readonly IBucketStore _buckets;
    private readonly Limiter _limiter;
    private readonly ILogger<LimitStore> _logger;
    private string _text;

    private LimitStore(string? path, string text, ApiCatalogue catalogue, IBucketStore buckets, Limiter limiter, ILogger<LimitStore> logger)
    {
        _path = path;
        _text = text;
        _catalogue = catalogue;
        _buckets = buckets;
        _limiter = limiter;
        _logger = logger;
    }

    /// <summary>The first read; the program does not start on limits it cannot read.</summary>
    /// <param name="path">The file; null for the defaults that come with the program, which never change.</param>
    /// <param name="defaults">Text of those defaults.</param>
    /// <param name="catalogue">Says which actions there are to limit.</param>
    /// <param name="buckets">Where is counted.</param>
    /// <param name="leases">Takes the leases of calls at work.</param>
    /// <param name="logger">Told of every change.</param>
    /// <exception cref="LimitsUnreadableException">The file has faults; all are listed.</exception>
    public static LimitStore Open(string? path, string defaults, ApiCatalogue catalogue, IBucketStore buckets, OpenLeases leases, ILogger<LimitStore> logger)
    {
        var text = path is null ? defaults : File.ReadAllText(path);
        var result = LimitSet.Load(text, path ?? "built-in limits", catalogue);
        return result.Limits is { } limits
            ? new LimitStore(path, text, catalogue, buckets, new Limiter(limits, buckets, leases), logger)
            : throw new LimitsUnreadableException(result.Problems);
    }

    /// <summary>Why the file on disk is not in force; null when it is.</summary>
    public string? Fault { get; private set; }

    /// <summary>The limits in force that an action meets.</summary>
    public IEnumerable<Limit> For(string action) => Current.For(action, LimitCounts.Calls).Select(met => met.Limit);

    /// <summary>The limits in force.</summary>
    public LimitSet Current => _limiter.Limits;

    /// <inheritdoc cref="Limiter.TakeAsync"/>
    public ValueTask<LimitDecision> TakeAsync(LimitRequest request, LimitCounts counts = LimitCounts.Calls) => _limiter.TakeAsync(request, counts);

    /// <inheritdoc cref="Limiter.PeekAsync"/>
    public ValueTask<LimitDecision> PeekAsync(LimitRequest request, LimitCounts counts = LimitCounts.Calls) => _limiter.PeekAsync(request, counts);

    /// <inheritdoc cref="Limiter.RefusedBefore"/>
    public LimitDecision? RefusedBefore(LimitRequest request, LimitCounts counts) => _limiter.RefusedBefore(request, counts);

    /// <summary>The section <c>rate</c> of the caller's own limits, as JSON; at most one step of them, since callers ask for it as often as they like.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> RatesAsync(LimitRequest request, DateTimeOffset now)
    {
        var set = Current;
        return RateSection.Write(await LimitPeek.AtAsync(set, _buckets, request, RateSection.IsOwn, steps: 1), set, now);
    }

    /// <summary>Reads the file again. Not to be called from two threads at once.</summary>
    public void Reload()
    {
        if (_path is null) return;
        string text;
        try
        {
            text = File.ReadAllText(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Refuse($"{_path}: cannot be read: {e.Message}");
            return;
        }

        if (text == _text && Fault is null) return;
        var result = LimitSet.Load(text, _path, _catalogue);
        if (result.Limits is not { } limits)
        {
            Refuse(string.Join("; ", result.Problems));
            return;
        }

        (_text, Fault) = (text, null);
        _limiter.Limits = limits;
        Log.InForce(_logger, _path, limits.Limits.Count);
    }

    private void Refuse(string fault)
    {
        if (Fault != fault) Log.Refused(_logger, fault);
        Fault = fault;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The limits of {File} are in force: {Count}")]
        public static partial void InForce(ILogger logger, string file, int count);

        [LoggerMessage(2, LogLevel.Critical, "The changed limits were REFUSED; those read before stay in force: {Fault}")]
        public static partial void Refused(ILogger logger, string fault);
    }
}

/// <summary>The limits cannot be read at the start.</summary>
internal sealed class LimitsUnreadableException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems));
