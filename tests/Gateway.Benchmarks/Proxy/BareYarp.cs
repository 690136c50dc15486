using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Benchmarks;

/// <summary>YARP as it ships, with a route and a cluster: what the gateway's price is measured beside. Logs as sparingly as the gateway does.</summary>
internal static class BareYarp
{
    /// <param name="listen">The address to listen at.</param>
    /// <param name="backend">The address to forward to.</param>
    /// <param name="buffers">Reads the whole body before it forwards, as whoever looks into bodies must.</param>
    public static async Task<int> RunAsync(string listen, string backend, bool buffers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(listen);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "backend", Match = new RouteMatch { Path = "/{**path}" } }],
            [new ClusterConfig { ClusterId = "backend", Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { ["one"] = new() { Address = backend } } }]);
        await using var app = builder.Build();
        if (buffers)
        {
            app.Use(async (context, next) =>
            {
                context.Request.EnableBuffering();
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                context.Request.Body.Position = 0;
                await next(context);
            });
        }

        app.MapReverseProxy();
        await app.StartAsync();
        Console.WriteLine("listening");
        await app.WaitForShutdownAsync();
        return 0;
    }
}
