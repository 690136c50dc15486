namespace Gateway.Policy.Analysis;

/// <summary>A question about a policy that cannot be answered exactly: its rules are too large to compare, or the analysis contradicts the engine.</summary>
public sealed class PolicyAnalysisException(string message) : Exception(message);
