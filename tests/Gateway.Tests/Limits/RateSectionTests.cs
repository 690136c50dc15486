using System.Text;
using Gateway.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class RateSectionTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Shows_the_callers_own_limits_as_Nova_did()
    {
        var (set, store) = (
            Some.Loaded("""
                limits:
                  - { name: backups, per: [user, action], actions: [createBackup, "servers:create"], rate: 2/hour }
                  - { name: project, per: project, actions: ["*"], rate: 600/minute }
                  - { name: everybody, per: global, actions: ["*"], rate: 600/minute }
                  - { name: server, per: [user, server], actions: ["*"], rate: 600/minute }
                  - { name: trial, per: user, actions: ["*"], rate: 600/minute, mode: shadow }
                  - { name: at-once, per: user, actions: ["*"], concurrent: 3 }
                  - { name: probing, per: user, actions: ["*"], rate: 600/minute, counts: denials }
                  - { name: exempted, per: user, actions: ["*"], rate: 600/minute, exempt: { users: [alice] } }
                """),
            new MemoryBuckets(_time));
        var limiter = new Limiter(set, store, new OpenLeases(_time));
        var call = Some.Call();
        limiter.Take(call);
        limiter.Take(call);

        for (var i = 0; i < 2; i++)
        {
            var peeked = await LimitPeek.AtAsync(set, store, call with { ActionName = "limits:show" }, RateSection.IsOwn);
            Assert.Equal(
                """
                [{"uri":"/servers/{server_id}/action (createBackup)","regex":"^/servers/(?<server_id>[^/]+)/action$","limit":[{"verb":"POST","value":2,"remaining":0,"unit":"HOUR","next-available":"2026-01-01T00:30:00Z"}]},
                {"uri":"/servers (servers:create)","regex":"^/servers$","limit":[{"verb":"POST","value":2,"remaining":2,"unit":"HOUR","next-available":"2026-01-01T00:00:00Z"}]},
                {"uri":"* (project)","regex":".*","limit":[{"verb":"*","value":600,"remaining":598,"unit":"MINUTE","next-available":"2026-01-01T00:00:00Z"}]}]
                """.ReplaceLineEndings(""),
                Encoding.UTF8.GetString(RateSection.Write([.. peeked.OrderBy(one => one.Action?.Name ?? "z", StringComparer.Ordinal)], set, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)).Span));
        }
    }
}
