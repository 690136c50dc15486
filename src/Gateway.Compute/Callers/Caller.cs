namespace Gateway.Compute.Callers;

/// <summary>Who asks, as the gateway (or, for images, the identity service) vouches for it.</summary>
internal sealed record Caller(string UserId, string? ProjectId, IReadOnlyList<string> Roles)
{
    /// <summary>Role names compare without regard to case, as everywhere in OpenStack.</summary>
    public bool IsAdmin { get; } = Roles.Any(role => string.Equals(role, "admin", StringComparison.OrdinalIgnoreCase));

    /// <summary>Splits a comma separated list of roles, as in <c>X-Roles</c>.</summary>
    public static IReadOnlyList<string> SplitRoles(string roles) =>
        roles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
