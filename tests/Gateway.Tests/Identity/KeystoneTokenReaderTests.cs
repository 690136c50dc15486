using System.Text;
using System.Text.Json;
using Gateway.Identity;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class KeystoneTokenReaderTests
{
    private const string User = """ "user": {"id": "u1", "name": "alice", "domain": {"id": "d1", "name": "People"}}, "expires_at": "2026-11-26T08:39:33.000000Z" """;

    [Fact]
    public void Reads_a_project_token()
    {
        var subject = Read($$"""
            "methods": ["password", "totp"], "audit_ids": ["own", "chain"], "issued_at": "2026-11-26T07:39:33.000000Z", "is_domain": false, "is_admin_project": false,
            "project": {"id": "p1", "name": "demo", "domain": {"id": "d2", "name": "Projects"} },
            "roles": [{"id": "r1", "name": "reader"}, {"id": "r2", "name": "member"}, {"id": "r3", "name": "a,b"}],
            """);
        Assert.Equal(("u1", "alice", "d1", "People"), (subject.UserId, subject.UserName, subject.UserDomainId, subject.UserDomainName));
        Assert.Equal(("p1", "demo", "d2", "Projects"), (subject.ProjectId, subject.ProjectName, subject.ProjectDomainId, subject.ProjectDomainName));
        Assert.Equal((null, null, false), (subject.DomainId, subject.SystemScope, subject.IsAdminProject));
        Assert.Equal(["reader", "member"], subject.Roles);
        Assert.Equal(["password", "totp"], subject.AuthMethods);
        Assert.Equal(["own", "chain"], subject.AuditIds);
        Assert.Equal(new DateTimeOffset(2026, 11, 26, 7, 39, 33, TimeSpan.Zero), subject.IssuedAt);
        Assert.Equal(new DateTimeOffset(2026, 11, 26, 8, 39, 33, TimeSpan.Zero), subject.ExpiresAt);
        Assert.Null(subject.AccessRules);
    }

    [Fact]
    public void Reads_system_domain_and_unscoped_tokens()
    {
        Assert.Equal("all", Read(""" "system": {"all": true}, """).SystemScope);
        Assert.Null(Read(""" "system": {"all": false}, """).SystemScope);
        Assert.Equal(("d3", "Department"), (Read(""" "domain": {"id": "d3", "name": "Department"}, """).DomainId, Read(""" "domain": {"id": "d3", "name": "Department"}, """).DomainName));
        var unscoped = Read("");
        Assert.Equal((null, null, null, null), (unscoped.ProjectId, unscoped.DomainId, unscoped.SystemScope, unscoped.IsAdminProject));
        Assert.Empty(unscoped.Roles);
    }

    [Fact]
    public void Reads_an_application_credential_with_and_without_rules()
    {
        var open = Read(""" "application_credential": {"id": "ac", "restricted": true}, """);
        Assert.Equal("ac", open.ApplicationCredentialId);
        Assert.Null(open.AccessRules);

        var closed = Read(""" "application_credential": {"id": "ac", "access_rules": [{"service": "compute", "method": "GET", "path": "/v2.1/servers"}]}, """);
        Assert.True(closed.AccessRules!.Allow("GET", "/v2.1/servers"));
        Assert.False(closed.AccessRules.Allow("POST", "/v2.1/servers"));

        Assert.False(Read(""" "application_credential": {"id": "ac", "access_rules": []}, """).AccessRules!.Allow("GET", "/v2.1/servers"));
    }

    [Fact]
    public void Takes_no_rule_that_it_does_not_understand() =>
        Assert.Throws<JsonException>(() => Read(""" "application_credential": {"id": "ac", "access_rules": [{"service": "compute", "method": "GET"}]}, """));

    private static Subject Read(string members) => KeystoneTokenReader.Read(Encoding.UTF8.GetBytes($"{{\"token\": {{{members}{User}}}}}"));
}
