using Gateway.Policy;

namespace Gateway.Targets;

/// <summary>A server as far as rules are concerned: whose it is. Neither project nor user of a server ever change.</summary>
/// <param name="Id">The server's id.</param>
/// <param name="ProjectId">The project that owns it.</param>
/// <param name="UserId">The user who created it.</param>
internal sealed record ServerTarget(string Id, string? ProjectId, string? UserId)
{
    private readonly TargetAttributes _ofProject = new(new Dictionary<string, object?>(StringComparer.Ordinal) { ["project_id"] = ProjectId });

    private readonly TargetAttributes _ofProjectAndUser = new(new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["project_id"] = ProjectId,
        ["user_id"] = UserId,
    });

    /// <summary>The attributes in the rule language's terms. Nova gives most rules the project only, and some the user too.</summary>
    public TargetAttributes Attributes(bool withUser) => withUser ? _ofProjectAndUser : _ofProject;
}
