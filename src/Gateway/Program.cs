using Gateway;
using Gateway.Actions;
using Gateway.Audit;
using Gateway.Auditing;
using Gateway.Compute;
using Gateway.Configuration;
using Gateway.DevIdentity;
using Gateway.Limits;
using Gateway.Policies;

// Answers go on where the socket's event was read: a fifth less work for each call. INVARIANT: nothing between a request and its answer blocks.
// Read by the runtime when the first socket is made; whoever sets it himself is left his choice.
const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
if (Environment.GetEnvironmentVariable(InlineCompletions) is null) Environment.SetEnvironmentVariable(InlineCompletions, "1");

var environment = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environments.Production;
try
{
    var configuration = GatewayConfiguration.Load(args, environment == Environments.Development);
    await using var standIns = await StandIns.StartAsync(configuration, environment);
    await using var record = await AuditingRegistration.OpenAsync(configuration.Options.Audit, configuration.Options.DataDirectory, TimeProvider.System);
    await using var gateway = GatewayHost.Build(configuration, standIns, record, environment);
    await gateway.StartAsync();
    standIns.GatewayListensAt(GatewayHost.AddressOf(gateway));
    await Console.Out.WriteLineAsync(Banner.Compose(configuration, standIns, gateway));
    await gateway.WaitForShutdownAsync();
    return 0;
}
catch (ConfigurationException e)
{
    await Console.Error.WriteLineAsync($"The gateway cannot start; {e.Problems.Count} thing(s) to correct:{Environment.NewLine}{e.Message}");
    return 2;
}
catch (Exception e) when (e is PolicyUnreadableException or CatalogueException or LimitsUnreadableException or AuditRulesUnreadableException or ComputeSettingsException or DevIdentityStartException)
{
    await Console.Error.WriteLineAsync($"The gateway cannot start:{Environment.NewLine}{e.Message}");
    return 2;
}
catch (InvalidOperationException e) when (e.InnerException is AggregateException faults)
{
    // YARP's word for routes and clusters that it does not take.
    await Console.Error.WriteLineAsync(
        $"The gateway cannot start; ReverseProxy cannot be used:{Environment.NewLine}{string.Join(Environment.NewLine, faults.InnerExceptions.Select(fault => fault.Message))}");
    return 2;
}
catch (Exception e) when (e is AuditStoreException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"The gateway cannot start: {e.Message}");
    return 1;
}
