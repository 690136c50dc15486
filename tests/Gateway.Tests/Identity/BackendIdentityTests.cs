using Gateway.Identity;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class BackendIdentityTests
{
    private static readonly Subject Caller = new() { UserId = "u1", UserName = "alice", ProjectId = "p1", Roles = ["member"] };

    [Theory]
    [InlineData("signed", "\r\nX-Roles: admin")]
    [InlineData("signed", "\nX-Roles: admin")]
    [InlineData("signed", "\0")]
    [InlineData("headers", "\r\nX-Roles: admin")]
    [InlineData("headers", "\nX-Roles: admin")]
    [InlineData("headers", "\0")]
    public void Sends_nothing_of_a_subject_that_would_become_more_headers_than_one(string mode, string text)
    {
        Subject[] subjects =
        [
            Caller with { UserId = "u1" + text },
            Caller with { UserName = "alice" + text },
            Caller with { ProjectName = "demo" + text },
            Caller with { DomainName = "Default" + text },
            Caller with { Roles = ["member", "reader" + text] },
            Caller with { Service = new ServiceIdentity { UserName = "nova" + text, Roles = ["service"] } },
        ];
        foreach (var subject in subjects)
        {
            using var request = new HttpRequestMessage();
            Assert.Throws<InvalidOperationException>(() => Apply(mode, request, subject));
            Assert.Empty(request.Headers);
        }
    }

    [Theory]
    [InlineData("signed")]
    [InlineData("headers")]
    public void Sends_names_of_any_language(string mode)
    {
        using var request = new HttpRequestMessage();
        Apply(mode, request, Caller with { UserName = "Łucja Ångström" });
        Assert.Equal("Łucja Ångström", request.Headers.GetValues("X-User-Name").Single());
    }

    private static void Apply(string mode, HttpRequestMessage request, Subject subject) =>
        new BackendIdentity(mode == "signed" ? BackendIdentityMode.Signed : BackendIdentityMode.Headers, "0123456789abcdef"u8.ToArray(), TimeProvider.System)
            .Apply(request, new HeaderDictionary(), subject, "GET", "/v2.1/servers", []);
}
