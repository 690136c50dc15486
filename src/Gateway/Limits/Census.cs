namespace Gateway.Limits;

/// <summary>
/// How many gateways share the limits, as last heard; while Redis is gone each admits its share of the whole. A number that is smaller than before is
/// believed once it was heard for as long as a gateway may be silent: a Redis that has lost what it knew hears of them one by one.
/// </summary>
internal sealed class Census(RedisOptions options, TimeProvider time)
{
    /// <summary>A gateway that says nothing for so long is gone.</summary>
    public static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(5);

    // Written by the watch alone.
    private volatile int _gateways = 1;
    private long _doubtedSince;

    public int Gateways => Math.Max(_gateways, options.Gateways);

    /// <summary>So many have spoken of late.</summary>
    public void Heard(int gateways)
    {
        if (gateways < _gateways)
        {
            if (_doubtedSince == 0) _doubtedSince = time.GetTimestamp();
            if (time.GetElapsedTime(_doubtedSince) < GoneAfter) return;
        }

        (_gateways, _doubtedSince) = (gateways, 0);
    }

    /// <summary>Redis was not reached: what it says next has to be heard for a while.</summary>
    public void Missed() => _doubtedSince = 0;
}
