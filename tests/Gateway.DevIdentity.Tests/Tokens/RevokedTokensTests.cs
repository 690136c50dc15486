using Gateway.DevIdentity.Tokens;
using Gateway.DevIdentity.Users;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.DevIdentity.Tests.Tokens;

public sealed class RevokedTokensTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Forgets_expired_tokens_at_the_next_start()
    {
        using var folder = new TemporaryFolder();
        var clock = new FakeTimeProvider(Noon);
        var revoked = RevokedTokens.Open(folder.Path, clock);
        var (brief, lasting) = (TokenFor("brief", minutes: 1), TokenFor("lasting", minutes: 60));
        revoked.Add(brief);
        revoked.Add(lasting);
        revoked.Add(lasting);

        clock.Advance(TimeSpan.FromMinutes(1));
        var reopened = RevokedTokens.Open(folder.Path, clock);

        Assert.False(reopened.Contains(brief));
        Assert.True(reopened.Contains(lasting));
        Assert.Equal(["lasting 1772370000"], File.ReadAllLines(folder.File("revoked-tokens.txt")));
    }

    [Fact]
    public void Refuses_a_line_that_makes_no_sense()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("revoked-tokens.txt");
        File.WriteAllText(path, "abc 1772370000\nabc tomorrow\n");

        var refusal = Assert.Throws<DevIdentityStartException>(() => RevokedTokens.Open(folder.Path, new FakeTimeProvider(Noon)));

        Assert.Equal($"{path}:2: `abc tomorrow` is not an audit id and an expiry: delete the line", refusal.Message);
    }

    private static Token TokenFor(string auditId, int minutes) =>
        new(Some.AliceId, ["password"], [auditId], Scope.None, Noon, Noon.AddMinutes(minutes));
}
