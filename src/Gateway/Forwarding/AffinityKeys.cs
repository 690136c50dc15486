using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Gateway.Forwarding;

/// <summary>
/// The keys of YARP's session affinity, in memory. By itself the framework would write a key into the home of whoever starts the gateway, wanted or not;
/// a restart that forgets which destination a client was sent to does no harm.
/// </summary>
internal sealed class AffinityKeys : IXmlRepository
{
    private readonly List<XElement> _keys = [];

    public static void Use(IServiceCollection services) =>
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = new AffinityKeys());

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        lock (_keys) return [.. _keys];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        lock (_keys) _keys.Add(element);
    }
}
