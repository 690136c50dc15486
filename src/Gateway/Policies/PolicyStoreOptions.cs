using Gateway.Policy;

namespace Gateway.Policies;

/// <summary>Which rules decide. Bound from <c>Policy</c> in gateway.json.</summary>
internal sealed class PolicyStoreOptions
{
    /// <summary>Where operators keep their rules when nothing else is said.</summary>
    public const string CustomaryFile = "policies/policy.yaml";

    /// <summary>The operator's rules, YAML or JSON. Not set: <c>policies/policy.yaml</c> below the working directory, when it is there.
    /// A file that was read once and is gone counts as broken: the revision in force stays.</summary>
    public string? File { get; set; }

    /// <summary>Directories of further rule files, read in name order after <see cref="File"/>.</summary>
    public List<string> Directories { get; set; } = [];

    /// <summary>Name of the default rule set: <c>seed</c> or a Nova release.</summary>
    public string Defaults { get; set; } = "seed";

    /// <summary>The rule that stands in for rules that are not defined (<c>policy_default_rule</c>).</summary>
    public string DefaultRule { get; set; } = "default";

    public bool EnforceScope { get; set; } = true;

    public bool EnforceNewDefaults { get; set; } = true;

    public Semantics Semantics { get; set; } = Semantics.Strict;

    /// <summary>How often the files are read again, in seconds. Their content decides whether anything changed, not their time.</summary>
    public int ReloadSeconds { get; set; } = 1;

    /// <param name="file">The rule file, as found by the caller.</param>
    /// <param name="furtherActions">Rules that the catalogue names beyond the API's own.</param>
    internal PolicyOptions ToPolicyOptions(string? file, IReadOnlyCollection<string> furtherActions) => new()
    {
        FurtherActions = furtherActions,
        PolicyFile = file,
        PolicyDirectories = Directories,
        Defaults = Defaults,
        DefaultRule = DefaultRule,
        EnforceScope = EnforceScope,
        EnforceNewDefaults = EnforceNewDefaults,
        Semantics = Semantics,
    };
}
