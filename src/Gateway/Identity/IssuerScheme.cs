using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Gateway.Identity;

/// <summary>One issuer's authentication scheme and its keys.</summary>
internal sealed record IssuerScheme(string Name, string Issuer, ConfigurationManager<OpenIdConnectConfiguration> Keys);
