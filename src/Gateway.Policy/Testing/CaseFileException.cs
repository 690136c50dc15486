namespace Gateway.Policy.Testing;

/// <summary>Personas or cases that cannot be read: every problem, one line each, with file and line.</summary>
public sealed class CaseFileException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
