using Gateway.Compute;

var environment = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
    ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT")
    ?? Environments.Production;
try
{
    var configuration = new ConfigurationBuilder()
        .AddJsonFile(Path.GetFullPath("compute.json"), optional: true)
        .AddEnvironmentVariables()
        .AddCommandLine(args)
        .Build();
    var app = ComputeHost.Build(ComputeSettings.Read(configuration, environment) with { HandlesSignals = true });
    await app.StartAsync();
    var addresses = ComputeHost.Addresses(app);
    Console.WriteLine($"compute API {addresses.Compute.GetLeftPart(UriPartial.Authority)} (signed by the gateway only), image API {addresses.Images.GetLeftPart(UriPartial.Authority)}, driver simulated");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (ComputeSettingsException refused)
{
    foreach (var problem in refused.Problems)
        await Console.Error.WriteLineAsync(problem);
    return 2;
}
catch (Exception failure) when (failure is IOException or InvalidDataException or FormatException)
{
    // A port in use, a file that is no JSON, a folder that cannot be written.
    await Console.Error.WriteLineAsync(failure.Message);
    return 2;
}
