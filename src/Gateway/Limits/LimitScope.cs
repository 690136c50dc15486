namespace Gateway.Limits;

/// <summary>Whose calls a limit counts together. Several may be joined: one bucket for each user and action.</summary>
[Flags]
internal enum LimitScope
{
    /// <summary>Everybody's calls count together.</summary>
    Global = 0,
    User = 1,
    Project = 2,
    Action = 4,

    /// <summary>The domain of the caller's project, or his own when he works in none.</summary>
    Domain = 8,

    /// <summary>The network the connection came from, by prefix.</summary>
    Network = 16,

    /// <summary>The server in the path. A call that is about no server does not meet the limit.</summary>
    Server = 32,

    /// <summary>The host that the call names, in its path or body. Calls that name none count together.</summary>
    Host = 64,

    /// <summary>The cluster of backends that the call goes to.</summary>
    Cluster = 128,
}

/// <summary>Whether a limit refuses, or only reports that it would have.</summary>
internal enum LimitMode
{
    Enforce,
    Shadow,
}

/// <summary>What a limit counts.</summary>
internal enum LimitCounts
{
    /// <summary>Calls that the rules allow.</summary>
    Calls,

    /// <summary>Calls that were denied: by a rule, or because the server does not exist for the caller.</summary>
    Denials,
}

/// <summary>What a limit does while Redis cannot be asked.</summary>
internal enum WithoutRedis
{
    /// <summary>Refuses, 503: the call is worse than no call.</summary>
    Deny,

    /// <summary>Counts in this process, with this gateway's share of the whole.</summary>
    Local,

    /// <summary>Lets pass, uncounted.</summary>
    Allow,
}
