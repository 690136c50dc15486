namespace Gateway.Policy;

public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Note,

    /// <summary>Loads, but probably does not do what was meant.</summary>
    Warning,

    /// <summary>Refused at load.</summary>
    Error,
}

/// <summary>Something to say about a policy, and where.</summary>
/// <param name="File">The file, or the name of the default set.</param>
/// <param name="Line">From 1; 0 when the whole file is meant.</param>
/// <param name="Column">From 1; 0 when the whole line is meant.</param>
/// <param name="Code">A stable code, such as <c>duplicate-key</c>.</param>
/// <param name="Message">One line: what is wrong, the value in backticks, what to do.</param>
public sealed record PolicyFinding(string File, int Line, int Column, string Code, Severity Severity, string Message)
{
    /// <summary><c>policy.yaml:12:5: error undefined-rule: …</c></summary>
    public override string ToString()
    {
        var place = Line == 0 ? File : Column == 0 ? $"{File}:{Line}" : $"{File}:{Line}:{Column}";
        return $"{place}: {Severity.ToString().ToLowerInvariant()} {Code}: {Message}";
    }
}

/// <summary>What loading gave: the policy, unless a finding is an error, and everything there is to say about it.</summary>
/// <param name="Set">Null when there is an error: a policy is loaded whole or not at all.</param>
public sealed record PolicyLoadResult(PolicySet? Set, IReadOnlyList<PolicyFinding> Findings);
