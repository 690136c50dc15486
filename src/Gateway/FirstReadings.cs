using Gateway.Actions;
using Gateway.Configuration;
using Gateway.Policies;

namespace Gateway;

/// <summary>The catalogue and the rules, read while the record is opened, on another processor where there is one. What is wrong with them is thrown when they are awaited.</summary>
internal sealed class FirstReadings
{
    public FirstReadings(GatewayOptions options)
    {
        Catalogue = Task.Run(() => ApiCatalogue.Load(options.Api));
        Rules = ReadRulesAsync(options.Policy);
    }

    /// <exception cref="CatalogueException">It has faults; all are listed.</exception>
    public Task<ApiCatalogue> Catalogue { get; }

    /// <exception cref="CatalogueException">The catalogue, which tells what rules there may be, has faults.</exception>
    public Task<FirstRules> Rules { get; }

    private async Task<FirstRules> ReadRulesAsync(PolicyStoreOptions options) => PolicyStore.Read(options, (await Catalogue).FurtherRules);
}
