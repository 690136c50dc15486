namespace Gateway.Policy.Linting;

/// <summary>One thing the linter looks for.</summary>
/// <param name="Code">Stable: <c>OP</c> and three digits.</param>
/// <param name="Name">The same in words.</param>
/// <param name="Severity">Errors are what a strict load refuses.</param>
/// <param name="Summary">One sentence, what it means.</param>
public sealed record LintRule(string Code, string Name, Severity Severity, string Summary)
{
    /// <summary>Errors cannot be suppressed: the gateway would refuse the file all the same. Nor can what is wrong with suppressions.</summary>
    public bool CanBeSuppressed => Severity != Severity.Error && !Code.StartsWith("OP09", StringComparison.Ordinal);
}
