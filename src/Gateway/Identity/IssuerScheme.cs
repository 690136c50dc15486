using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Gateway.Identity;

/// <summary>One issuer's authentication scheme and its keys.</summary>
internal sealed class IssuerScheme(string name, string issuer, ConfigurationManager<OpenIdConnectConfiguration> keys, TimeProvider time)
{
    /// <summary>A failed reading is not tried again within this time, so that an issuer which is down costs its callers no waiting.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Guards _reading: whoever finds none to wait for starts one.
    private readonly Lock _lock = new();
    private Task? _reading;
    private long _failed;

    public string Name => name;

    public string Issuer => issuer;

    public ConfigurationManager<OpenIdConnectConfiguration> Keys => keys;

    /// <summary>
    /// Completes once the keys have been read; all who wait share one reading. The manager by itself would let them read one after the other, each
    /// to its own timeout. Once read, the keys stay, and the manager refreshes them.
    /// </summary>
    /// <exception cref="InvalidOperationException">They cannot be read.</exception>
    public Task KeysReadAsync(CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_reading is null || (_reading.IsFaulted && time.GetElapsedTime(_failed) > Pause)) _reading = ReadAsync();
            return _reading.WaitAsync(cancel);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await keys.GetConfigurationAsync(CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            _failed = time.GetTimestamp();
            throw;
        }
    }
}
