namespace Gateway.Policy;

/// <summary>Where a policy comes from and how it is read.</summary>
public sealed record PolicyOptions
{
    /// <summary>The overrides, <c>policy.yaml</c> or <c>policy.json</c>; null for none. A named file must exist.</summary>
    public string? PolicyFile { get; init; }

    /// <summary>Files read after <see cref="PolicyFile"/> and before the directories, in order.</summary>
    public IReadOnlyList<string> FurtherFiles { get; init; } = [];

    /// <summary>Directories of further overrides, in order; within one, files in the order of their names. A named directory must exist.</summary>
    public IReadOnlyList<string> PolicyDirectories { get; init; } = [];

    /// <summary>Rules that stand in no file, read last; each with the name that messages call it by.</summary>
    public IReadOnlyList<RuleSource> Texts { get; init; } = [];

    /// <summary>The set of defaults, one of <see cref="ReleaseDefaults.Names"/>, or <c>none</c>.</summary>
    public string Defaults { get; init; } = "seed";

    /// <summary>Rules that guard something beyond what the defaults' own service offers, as a vendor's extension of its API does.</summary>
    public IReadOnlyCollection<string> FurtherActions { get; init; } = [];

    /// <summary>The rule that stands in for actions without one, if it exists.</summary>
    public string DefaultRule { get; init; } = "default";

    /// <summary>Whether a rule's scope types refuse tokens of another scope.</summary>
    public bool EnforceScope { get; init; } = true;

    /// <summary>Whether a deprecated default no longer counts beside the new one.</summary>
    public bool EnforceNewDefaults { get; init; } = true;

    public Semantics Semantics { get; init; } = Semantics.Strict;

    /// <summary>
    /// Whether <c>is_admin</c> is Nova's: computed by the rule <c>context_is_admin</c> on the caller's own project and user when the caller has none, and
    /// compared by truth, not by text.
    /// </summary>
    public bool NovaAdminFlag { get; init; } = true;

    /// <summary>How long an <c>http:</c> or <c>https:</c> check may take before it counts as failed.</summary>
    public TimeSpan RemoteCheckTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the answer of an <c>http:</c> or <c>https:</c> check is kept for the same question.</summary>
    public TimeSpan RemoteCheckLifetime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock by which answers of remote checks age.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
