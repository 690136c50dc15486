using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Compute.Tests.Images;

/// <summary>An identity service that knows the tokens <c>alice</c>, <c>bob</c> and <c>admin</c>, and counts how often it is asked.</summary>
internal sealed class FakeIdentity : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _asked;

    private FakeIdentity(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public int Asked => _asked;

    /// <summary>When set, every question is answered with this status.</summary>
    public int? Failing { get; set; }

    /// <summary>When set, valid tokens are described so.</summary>
    public string? Body { get; set; }

    public string Expires { get; set; } = "2027-01-01T00:00:00.000000Z";

    public static async Task<FakeIdentity> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var identity = new FakeIdentity(app);
        app.Run(identity.AnswerAsync);
        await app.StartAsync();
        return identity;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _asked);
        var token = context.Request.Headers["X-Subject-Token"].ToString();
        var who = token switch { "alice" => Persona.Alice, "bob" => Persona.Bob, "admin" => Persona.Admin, _ => null };
        if (Failing is { } status)
            context.Response.StatusCode = status;
        else if (context.Request.Path != "/v3/auth/tokens" || who is null || context.Request.Headers["X-Auth-Token"] != token)
            context.Response.StatusCode = 401;
        else
            await context.Response.WriteAsync(Body ?? Describe(who));
    }

    private string Describe(Persona who) => JsonSerializer.Serialize(new
    {
        token = new
        {
            user = new { id = who.UserId },
            project = new { id = who.ProjectId },
            roles = who.Roles.Split(',').Select(role => new { name = role }),
            expires_at = Expires,
        },
    });
}
