using Gateway.DevIdentity.Users;

namespace Gateway.DevIdentity.Tokens;

/// <summary>What a token says of itself. Roles and names are looked up in the directory whenever they are needed.</summary>
/// <param name="UserId">The user the token was issued to.</param>
/// <param name="Methods">How the user proved itself, in Keystone's names: <c>password</c>, <c>token</c>.</param>
/// <param name="AuditIds">The token's own audit id, then that of the first token in its chain when it was made from another.</param>
/// <param name="Scope">What it is good for.</param>
/// <param name="IssuedAt">In whole seconds, UTC.</param>
/// <param name="ExpiresAt">The first second at which it is no longer valid, UTC.</param>
internal sealed record Token(
    string UserId, IReadOnlyList<string> Methods, IReadOnlyList<string> AuditIds, Scope Scope, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

/// <summary>A valid token with the user, and the roles on its scope, that it stands for now.</summary>
internal sealed record Session(Token Token, User User, IReadOnlyList<Role> Roles)
{
    public bool HasRole(string name) => Roles.Any(role => role.Name == name);
}
