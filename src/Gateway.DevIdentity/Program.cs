using Gateway.DevIdentity;

try
{
    var options = CommandLine.Parse(args);
    var app = DevIdentityHost.Build(options);
    await app.StartAsync();
    Console.Out.WriteLine($"development identity: {DevIdentityHost.UrlOf(app)}/v3 (public passwords: never for production)");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (DevIdentityStartException refusal)
{
    foreach (var problem in refusal.Problems) Console.Error.WriteLine(problem);
    return 2;
}
catch (IOException fault)
{
    // Kestrel's word for an address that is taken.
    Console.Error.WriteLine(fault.Message);
    return 1;
}
