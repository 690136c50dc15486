namespace Gateway.Actions;

/// <summary>The catalogue has faults, all of which are listed: place, value, remedy.</summary>
internal sealed class CatalogueException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
