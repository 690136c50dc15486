namespace Gateway.DevIdentity;

/// <summary>The development identity service cannot start; <see cref="Problems"/> holds every reason, one line each.</summary>
public sealed class DevIdentityStartException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
