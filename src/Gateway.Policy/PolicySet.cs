using Gateway.Policy.Analysis;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Explaining;
using Gateway.Policy.Files;

namespace Gateway.Policy;

/// <summary>
/// One revision of a policy: all rules in force, compiled, immutable and free to be used from any thread. A decision allocates nothing.
/// </summary>
public sealed class PolicySet
{
    private const string AdminRule = "context_is_admin";

    private readonly RuleTable _table;
    private readonly CasbinDecider _original;
    private readonly CasbinDecider? _strict;
    private readonly bool _computesAdminFlag;

    internal PolicySet(RuleTable table, PolicyOptions options, string revision, HttpMessageHandler? remoteHandler = null)
        : this(
            table,
            options,
            revision,
            new CasbinDecider(table, RowReading.Original),
            options.Semantics == Semantics.Strict ? new CasbinDecider(table, RowReading.Strict) : null,
            remoteHandler)
    {
    }

    /// <summary>With deciders of the caller's making.</summary>
    internal PolicySet(RuleTable table, PolicyOptions options, string revision, CasbinDecider original, CasbinDecider? strict, HttpMessageHandler? remoteHandler = null)
    {
        _table = table;
        Options = options;
        Revision = revision;
        _original = original;
        _strict = strict;
        _computesAdminFlag = options.NovaAdminFlag;
        Remote = new RemoteChecks(options.RemoteCheckTimeout, options.RemoteCheckLifetime, options.TimeProvider, remoteHandler);
    }

    /// <summary>What the policy was loaded with.</summary>
    public PolicyOptions Options { get; }

    /// <summary><c>sha256:</c> and 64 hexadecimal digits over the options, the defaults and the content of every file: the same content is the same revision.</summary>
    public string Revision { get; }

    /// <summary>The files the policy was read from, in the order in which they were read.</summary>
    public IReadOnlyList<RuleSource> Sources { get; internal init; } = [];

    /// <summary>The rules in force, the files' first, then the defaults'.</summary>
    public IReadOnlyCollection<string> RuleNames => (IReadOnlyCollection<string>)_table.Rules.Keys;

    /// <summary>A rule's text as it is in force, the default rule's where that stands in; null when nothing does.</summary>
    public string? TextOf(string rule) => _table.Find(rule)?.Text;

    internal RuleTable Table => _table;

    internal RemoteChecks Remote { get; }

    internal IReadOnlyList<CasbinRow> Rows => _original.Rows;

    /// <summary>
    /// Reads files and defaults into a new policy. Never throws for bad content: what is wrong is in the findings, all of it, and with an error among
    /// them there is no policy. The policy in force, if any, is not touched.
    /// </summary>
    public static PolicyLoadResult Load(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return PolicyLoader.Load(options);
    }

    /// <summary>Whether the files that the options name hold, byte for byte, what this policy was made from. Costs a reading, and no parsing.</summary>
    /// <param name="options">The options it was loaded with.</param>
    public bool IsOf(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var findings = new List<PolicyFinding>();
        var files = PolicyFiles.Read(options, findings);
        return findings.Count == 0 && files.Count == Sources.Count
            && files.Zip(Sources).All(pair => pair.First.Path == pair.Second.Path && pair.First.Content.AsSpan().SequenceEqual(pair.Second.Content.Span));
    }

    /// <summary>Whether the caller is an administrator: Nova's <c>context_is_admin</c>, asked about the caller's own project and user.</summary>
    public bool IsAdmin(Credentials creds)
    {
        ArgumentNullException.ThrowIfNull(creds);
        return AdminFlagOf(creds) is { } computed ? computed.Outcome == Outcome.True : creds.AdminFlag is true;
    }

    /// <summary>What can be said before the target is known. Without a rule for the action it is denied.</summary>
    public Foresight Foresee(string action, Credentials creds)
    {
        ArgumentNullException.ThrowIfNull(creds);
        if (_table.Find(action) is not { } rule) return Foresight.Denied;
        var frame = CheckFrame.Enter(this, creds, TargetAttributes.Empty, action, AdminFlagOf(creds));
        if (rule.Name == action && !rule.IsFor(creds.Scope)) return Foresight.Denied;
        return new ThreeValuedReading(_table, frame).Foresee(rule, Options.Semantics);
    }

    /// <summary>
    /// Decides. Nothing is thrown for what a rule, a caller or a target holds: no rule, an error inside a check, a token of the wrong scope are
    /// denials, each with its reason.
    /// </summary>
    public Decision Decide(string action, Credentials creds, TargetAttributes target)
    {
        ArgumentNullException.ThrowIfNull(creds);
        ArgumentNullException.ThrowIfNull(target);
        if (_table.Find(action) is not { } rule) return new Decision(false, action, "", "no_rule", Revision);
        var frame = CheckFrame.Enter(this, creds, target, action, AdminFlagOf(creds));
        return new Decision(Answer(frame, rule, out var reason), action, rule.Text, reason, Revision);
    }

    /// <summary>The decision, and the tree of checks it came from, each with what the caller and the target have there.</summary>
    public Explanation Explain(string action, Credentials creds, TargetAttributes target)
    {
        var decision = Decide(action, creds, target);
        if (_table.Find(action) is not { } rule) return new Explanation(decision, null, "", []);
        var frame = CheckFrame.Enter(this, creds, target, action, AdminFlagOf(creds));
        new TreeReading(_table, frame).Read(rule, out var tree);
        var scope = decision.Reason == "scope_mismatch"
            ? $"the token is for the scope `{ScopeName(creds.Scope)}`, the action for `{string.Join("`, `", rule.Scopes)}`"
            : "";
        return new Explanation(decision, tree, scope, ChangeThatTurns(decision, creds, target));
    }

    /// <summary>The tree of checks alone, as an audit record keeps it; null when there is no rule.</summary>
    public ExplainedCheck? Tree(string action, Credentials creds, TargetAttributes target)
    {
        ArgumentNullException.ThrowIfNull(creds);
        ArgumentNullException.ThrowIfNull(target);
        if (_table.Find(action) is not { } rule) return null;
        new TreeReading(_table, CheckFrame.Enter(this, creds, target, action, AdminFlagOf(creds))).Read(rule, out var tree);
        return tree;
    }

    private IReadOnlyList<string> ChangeThatTurns(Decision decision, Credentials creds, TargetAttributes target)
    {
        try
        {
            return SmallestChange.Find(this, decision.Action, creds, target, decision.Allowed);
        }
        catch (PolicyAnalysisException)
        {
            // The rule is too large to be analysed; the decision and its tree stand without it.
            return [];
        }
    }

    private bool Answer(CheckFrame frame, EffectiveRule rule, out string reason)
    {
        var allowed = _original.Enforce(frame, CasbinDecider.ActOf(rule, frame.Action));
        if (frame.Error != Outcome.False) return Denied(frame.Error.Reason(), out reason);
        if (!allowed) return Denied(frame.ScopeMismatch ? "scope_mismatch" : "denied", out reason);
        // INVARIANT: strict allows only what the original allows. Only when the original's answer rests on something undetermined is the strict row asked too.
        if (_strict is not null && frame.Undetermined != Outcome.False)
        {
            frame.Reset();
            // An error met only here was kept out of the original's way by the same undetermined check, so that is the reason all the same.
            if (!_strict.Enforce(frame, CasbinDecider.ActOf(rule, frame.Action)) || frame.Error != Outcome.False) return Denied(frame.Undetermined.Reason(), out reason);
        }
        reason = "allowed";
        return true;
    }

    private static bool Denied(string why, out string reason)
    {
        reason = why;
        return false;
    }

    private AdminFlag? AdminFlagOf(Credentials creds)
    {
        if (!_computesAdminFlag || creds.AdminFlag is not null) return null;
        return creds.KnownAdminFlag(this) ?? creds.Remember(ComputeAdminFlag(creds));
    }

    private AdminFlag ComputeAdminFlag(Credentials creds)
    {
        if (_table.Find(AdminRule) is not { } rule) return new AdminFlag(this, Outcome.False);
        var own = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var name in (ReadOnlySpan<string>)["project_id", "user_id"]) own[name] = creds.TryGet(name, out var value) ? value : null;
        // While it is being computed the flag is None, as in Nova, where it is neither true nor false.
        var frame = CheckFrame.Enter(this, creds, new TargetAttributes(own), AdminRule, AdminFlag.NotYet);
        var allowed = Answer(frame, rule, out _);
        return new AdminFlag(this, frame.Error != Outcome.False ? frame.Error : allowed ? Outcome.True : Outcome.False);
    }

    internal static string ScopeName(TokenScope scope) => scope switch
    {
        TokenScope.System => "system",
        TokenScope.Domain => "domain",
        _ => "project",
    };
}

/// <summary>A file of rules as it was read.</summary>
public sealed record RuleSource(string Path, ReadOnlyMemory<byte> Content);
