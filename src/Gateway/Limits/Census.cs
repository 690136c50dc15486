namespace Gateway.Limits;

/// <summary>How many gateways share the limits, as last heard; while Redis is gone each admits its share of the whole.</summary>
internal sealed class Census(RedisOptions options)
{
    private volatile int _gateways = 1;

    public int Gateways
    {
        get => Math.Max(_gateways, options.Gateways);
        set => _gateways = value;
    }
}
