namespace Gateway.Configuration;

/// <summary>One thing wrong in the configuration.</summary>
/// <param name="Source">The file, or the other place the value came from.</param>
/// <param name="Key">The key, its levels joined by colons.</param>
/// <param name="Value">The value found; null when there is none.</param>
/// <param name="Remedy">What is wrong and what would be right.</param>
internal sealed record ConfigurationProblem(string Source, string Key, string? Value, string Remedy)
{
    public override string ToString() => Value is null ? $"{Source}: {Key}: {Remedy}" : $"{Source}: {Key}: `{Value}`: {Remedy}";
}

/// <summary>The configuration cannot be used; says everything that is wrong with it.</summary>
internal sealed class ConfigurationException(IReadOnlyList<ConfigurationProblem> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<ConfigurationProblem> Problems { get; } = problems;
}
