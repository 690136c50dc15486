using BenchmarkDotNet.Attributes;
using Gateway.FrontDoor;
using Gateway.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Benchmarks;

/// <summary>Who asks, for a token that is known: the whole of the identity room, from the request's headers to the subject.</summary>
public class IdentityBenchmarks : IDisposable
{
    private ServiceProvider _services = null!;
    private Authenticator _authenticator = null!;
    private DefaultHttpContext _context = null!;
    private string _token = "";

    /// <summary>Length of the token: 184 is Keystone's Fernet token of a project, 700 a usual JSON Web Token, 1,400 a long one.</summary>
    [Params(184, 700, 1400)]
    public int Length { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _services = new ServiceCollection().AddLogging().AddIdentity(new IdentityOptions(), TimeProvider.System).BuildServiceProvider();
        _authenticator = _services.GetRequiredService<Authenticator>();
        _token = string.Concat(Enumerable.Range(0, Length).Select(i => (char)('a' + (i % 26))));
        var subject = new Subject { UserId = "user-1", ProjectId = "project-1", Roles = ["member", "reader"], ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(1) };
        // Among as many others as the table holds by default.
        var cache = _services.GetRequiredService<TokenCache>();
        for (var i = 0; i < 9_000; i++) cache.Add(TokenKey.Of($"other-{i}"), new VerifiedToken(subject) { StaleAt = long.MaxValue });
        cache.Add(TokenKey.Of(_token), new VerifiedToken(subject) { StaleAt = long.MaxValue });
        _context = new DefaultHttpContext();
        _context.Request.Headers["X-Auth-Token"] = _token;
        if (!KnownToken()) throw new InvalidOperationException("the token to be timed is not known");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _services.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public bool KnownToken()
    {
        var asked = _authenticator.AuthenticateAsync(_context);
        return asked.IsCompletedSuccessfully && !asked.Result.IsRefused(out _, out Refusal? _);
    }

    [Benchmark]
    public object Hash() => TokenKey.Of(_token);
}
