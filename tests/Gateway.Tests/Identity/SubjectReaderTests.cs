using Gateway.Identity;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class SubjectReaderTests
{
    [Fact]
    public void Reads_a_keystone_token()
    {
        var subject = Read(new ClaimOptions(), """
            {"sub": "u1", "exp": 2000000000, "iat": 1700000000, "openstack_project_id": "p1", "openstack_roles": ["member", "reader"],
             "openstack_methods": ["password"], "openstack_audit_ids": ["a1"], "openstack_user_name": "alice"}
            """)!;
        Assert.Equal(("u1", "p1", "alice", (string?)null), (subject.UserId, subject.ProjectId, subject.UserName, subject.SystemScope));
        Assert.Equal(["member", "reader"], subject.Roles);
        Assert.Equal(["password"], subject.AuthMethods);
        Assert.Equal(["a1"], subject.AuditIds);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(2_000_000_000), subject.ExpiresAt);
    }

    [Fact]
    public void Descends_at_dots_and_takes_names_with_dots_whole()
    {
        var claims = new ClaimOptions { Roles = "realm_access.roles", ProjectId = "https://cloud.example/project" };
        var subject = Read(claims, """
            {"sub": "u1", "exp": 2000000000, "realm_access": {"roles": ["admin", 7]}, "https://cloud.example/project": "p9"}
            """)!;
        Assert.Equal(["admin"], subject.Roles);
        Assert.Equal("p9", subject.ProjectId);
    }

    [Theory]
    [InlineData("""{"exp": 2000000000}""")]
    [InlineData("""{"exp": 2000000000, "sub": ""}""")]
    [InlineData("""{"exp": 2000000000, "sub": 5}""")]
    public void Finds_no_subject_in_a_token_without_a_user(string payload) => Assert.Null(Read(new ClaimOptions(), payload));

    [Fact]
    public void Takes_only_all_for_a_system_scope() =>
        Assert.Null(Read(new ClaimOptions(), """{"sub": "u1", "exp": 2000000000, "openstack_system": "some"}""")!.SystemScope);

    private static Subject? Read(ClaimOptions claims, string payload) =>
        new SubjectReader(claims).Read(new JsonWebToken($"{Base64UrlEncoder.Encode("""{"alg":"ES256"}""")}.{Base64UrlEncoder.Encode(payload)}.AAAA"));
}
