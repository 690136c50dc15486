namespace Gateway.Compute;

/// <summary>The service cannot start as it is configured. The message has one line for each problem.</summary>
public sealed class ComputeSettingsException(IReadOnlyList<string> problems)
    : Exception("the compute service cannot start: " + string.Join("; ", problems))
{
    /// <summary>The problems, each with its place and its remedy.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
