using System.Text;
using Gateway.Identity;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class SignedIdentityTests
{
    private static readonly Subject Caller = new() { UserId = "u1", ProjectId = "p1", Roles = ["admin", "member"] };

    [Fact]
    public void Signs_as_written_down() =>
        // Computed apart from this code, from the description in docs/identity.md; the compute service's tests hold the same value.
        Assert.Equal(
            "v1=3846038abff89fe849f0bb131321b97b6992cd651a8861ad6a04d767e78546e0",
            Sign("POST", "/v2.1/servers/11111111-1111-1111-1111-111111111111/action", """{"migrate": null}""", Caller));

    [Fact]
    public void Every_signed_part_changes_the_signature()
    {
        string[] signatures =
        [
            Sign("POST", "/a", "{}", Caller),
            Sign("PUT", "/a", "{}", Caller),
            Sign("POST", "/a?x=1", "{}", Caller),
            Sign("POST", "/a", "{ }", Caller),
            Sign("POST", "/a", "{}", Caller with { UserId = "u2" }),
            Sign("POST", "/a", "{}", Caller with { ProjectId = null }),
            Sign("POST", "/a", "{}", Caller with { Roles = ["admin"] }),
            Sign("POST", "/a", "{}", Caller with { SystemScope = "all" }),
        ];
        Assert.Equal(signatures.Length, signatures.Distinct(StringComparer.Ordinal).Count());
    }

    private static string Sign(string method, string target, string body, Subject subject) =>
        SignedIdentity.Sign("test-secret"u8, method, target, 1_700_000_000, Encoding.UTF8.GetBytes(body), SignedIdentity.Headers(subject));
}
