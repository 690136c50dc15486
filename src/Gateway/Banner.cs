using System.Text;
using Gateway.Configuration;
using Gateway.Policies;

namespace Gateway;

/// <summary>What a person who starts the gateway reads first: what runs, where, and on which rules.</summary>
internal static class Banner
{
    public static string Compose(GatewayConfiguration configuration, StandIns standIns, WebApplication gateway)
    {
        var options = configuration.Options;
        var text = new StringBuilder()
            .AppendLine("Compute Gateway is ready.")
            .AppendLine($"  compute API      {GatewayHost.AddressOf(gateway)}")
            .AppendLine($"  administration   {gateway.Services.GetRequiredService<Admin.AdminListener>().Address}  (health, metrics)");
        if (standIns.IdentityAddress is { } identity) text.AppendLine($"  identity         {identity}  (development stand-in, users of config/dev-identity.json)");
        if (standIns.ComputeAddress is { } compute) text.AppendLine($"  compute service  {compute}  (stand-in, simulated driver; reached through the gateway only)");
        if (standIns.ImageAddress is { } image) text.AppendLine($"  image service    {image}  (stand-in)");
        return text
            .AppendLine($"  configuration    {configuration.Source}")
            .AppendLine($"  policy           {options.Policy.Defaults} defaults, revision {gateway.Services.GetRequiredService<PolicyStore>().Current.Revision[..19]}")
            .Append($"  audit record     {Auditing.AuditPlaces.Of(options.Audit, options.DataDirectory).Store}")
            .ToString();
    }
}
