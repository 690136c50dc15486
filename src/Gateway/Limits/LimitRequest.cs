using System.Runtime.InteropServices;

namespace Gateway.Limits;

/// <summary>One call that asks for its permits.</summary>
/// <param name="UserId">The caller.</param>
/// <param name="ProjectId">The caller's project; null for a token without one. Such a caller counts as a project of his own.</param>
/// <param name="ActionName">The action's name in the catalogue.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LimitRequest(string UserId, string? ProjectId, string ActionName);
