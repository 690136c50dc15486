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

    [Fact]
    public void Reads_Keycloaks_shape()
    {
        var claims = new ClaimOptions { UserName = "preferred_username", ProjectId = "project_id", Roles = "realm_access.roles", AuditIds = "jti", Methods = "amr" };
        var subject = Read(claims, """
            {"exp": 2000000000, "iat": 1700000000, "jti": "0b4ff2f8-8ab4", "iss": "https://sso.example/realms/cloud", "aud": ["compute", "account"],
             "sub": "f3b0c1de-1111", "typ": "Bearer", "azp": "cloud-cli", "preferred_username": "alice", "project_id": "p1",
             "realm_access": {"roles": ["member", "offline_access"]}, "resource_access": {"account": {"roles": ["manage-account"]}}, "scope": "openid profile"}
            """)!;
        Assert.Equal(("f3b0c1de-1111", "alice", "p1"), (subject.UserId, subject.UserName, subject.ProjectId));
        Assert.Equal(["member", "offline_access"], subject.Roles);
        Assert.Equal(["0b4ff2f8-8ab4"], subject.AuditIds);

        Assert.Equal(["manage-account"], Read(claims with { Roles = "resource_access.account.roles" }, """
            {"exp": 2000000000, "sub": "u", "resource_access": {"account": {"roles": ["manage-account"]}}}
            """)!.Roles);
    }

    [Fact]
    public void Reads_Entras_shape()
    {
        var claims = new ClaimOptions
        {
            UserId = "oid",
            UserName = "preferred_username",
            UserDomainId = "tid",
            ProjectId = "extn.project",
            Roles = "roles",
            ServiceRoles = "wids",
            AuditIds = "uti",
            Methods = "amr",
        };
        var subject = Read(claims, """
            {"aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3", "iss": "https://login.microsoftonline.com/72f988bf-86f1/v2.0", "iat": 1700000000, "nbf": 1700000000, "exp": 2000000000,
             "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "tid": "72f988bf-86f1", "preferred_username": "alice@example.com", "roles": ["member", "reader"],
             "extn.project": "p1", "uti": "u-1", "ver": "2.0", "amr": ["pwd", "mfa"], "scp": "access_as_user"}
            """)!;
        Assert.Equal(("690222be-ff1a-4d56-abd1-7e4f7d38e474", "alice@example.com", "72f988bf-86f1", "p1"), (subject.UserId, subject.UserName, subject.UserDomainId, subject.ProjectId));
        Assert.Equal(["member", "reader"], subject.Roles);
        Assert.Equal(["pwd", "mfa"], subject.AuthMethods);
        Assert.Null(subject.Service);
    }

    [Fact]
    public void Keeps_a_services_roles_apart_from_the_users()
    {
        var subject = Read(new ClaimOptions { ServiceRoles = "act.roles" }, """
            {"sub": "u1", "exp": 2000000000, "openstack_roles": ["member"], "act": {"sub": "nova", "roles": ["service", "admin"]}}
            """)!;
        Assert.Equal(["member"], subject.Roles);
        Assert.Equal(["service", "admin"], subject.Service!.Roles);
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
