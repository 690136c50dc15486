using System.Collections.Frozen;
using Gateway.FrontDoor;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Identity;

/// <summary>
/// An issuer's signing keys. A key id that is not among them has the set read again at once, at most every thirty seconds; and it is read again in any
/// case after the refresh interval. Only a good answer changes anything: keys are never lost to a bad one.
/// </summary>
/// <param name="issuer">The <c>iss</c> claim.</param>
/// <param name="source">Reads the set.</param>
/// <param name="time">Clock of the intervals.</param>
internal sealed partial class IssuerKeys(string issuer, IKeySetSource source, TimeProvider time, ILogger logger) : IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>At most one reading in this time once there are keys, however many unknown key ids arrive.</summary>
    public static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(30);

    /// <summary>Without any key, a failed reading is not tried again within this time, so that an issuer which is down costs its callers no waiting.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Guards _reading and _begun: whoever finds a reading under way waits for that one.
    private readonly Lock _lock = new();
    private Task? _reading;
    private long _begun;
    private volatile Snapshot? _current;
    private volatile string? _fault;

    public string Issuer => issuer;

    /// <summary>Why the last reading failed; null when it did not.</summary>
    public string? Fault => _fault;

    /// <summary>The key of an id: null when the issuer has none such; a refusal when the issuer cannot be asked.</summary>
    public async ValueTask<(IssuerKey? Key, Refusal? Refusal)> FindAsync(string keyId, CancellationToken cancel)
    {
        if (_current?.Keys.TryGetValue(keyId, out var key) == true) return (key, null);
        await Begin(onSchedule: false).WaitAsync(cancel);
        if (_current?.Keys.TryGetValue(keyId, out key) == true) return (key, null);
        // What the issuer has not been able to deny may be its key.
        return _fault is { } fault
            ? (null, Refusal.Unavailable("identity_unavailable", "The identity service is unavailable.", $"the keys of {issuer} cannot be read: {fault}"))
            : (null, null);
    }

    /// <summary>Reads the set again; for the refresh interval. Never fails.</summary>
    public Task RefreshAsync() => Begin(onSchedule: true);

    /// <summary>For the JWT bearer handler, which is asked only after <see cref="FindAsync"/> found the key.</summary>
    public Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel) =>
        _current is { } current ? Task.FromResult(current.Configuration) : throw new InvalidOperationException($"the keys of {issuer} have not been read");

    public void RequestRefresh()
    {
        // FindAsync has done it.
    }

    /// <summary>A reading under way or begun; one that is done when it is too early for another.</summary>
    private Task Begin(bool onSchedule)
    {
        lock (_lock)
        {
            if (_reading is { IsCompleted: false }) return _reading;
            var interval = _current is null ? Pause : onSchedule ? TimeSpan.Zero : ReadInterval;
            if (_reading is not null && time.GetElapsedTime(_begun) < interval) return _reading;
            _begun = time.GetTimestamp();
            return _reading = ReadAsync();
        }
    }

    private async Task ReadAsync()
    {
        // Off the lock.
        await Task.Yield();
        try
        {
            _current = Snapshot.Of(issuer, await source.ReadAsync(CancellationToken.None), _current);
            if (_fault is not null) Log.Readable(logger, issuer);
            _fault = null;
        }
#pragma warning disable CA1031 // Whatever keeps the keys from being read, those at hand stay; and it is said, once.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (_fault is null) Log.Unreadable(logger, issuer, e.Message);
            _fault = e.Message;
        }
    }

    private sealed record Snapshot(FrozenDictionary<string, IssuerKey> Keys, OpenIdConnectConfiguration Configuration)
    {
        /// <summary>The keys of a set; those that were in the set before and are not now are withdrawn.</summary>
        public static Snapshot Of(string issuer, JsonWebKeySet set, Snapshot? before)
        {
            // A symmetric key in a public set would be everybody's.
            var signing = set.GetSigningKeys().Where(key => key is not SymmetricSecurityKey).ToArray();
            if (signing.Length == 0) throw new InvalidOperationException("the key set holds no signing key");
            var keys = signing
                .GroupBy(key => key.KeyId ?? string.Empty, StringComparer.Ordinal)
                .ToFrozenDictionary(group => group.Key, group => before?.Keys.GetValueOrDefault(group.Key) is { } same && same.IsSame(group.First()) ? same : new IssuerKey(group.First()), StringComparer.Ordinal);
            var configuration = new OpenIdConnectConfiguration { Issuer = issuer };
            foreach (var key in signing) configuration.SigningKeys.Add(key);
            foreach (var (id, key) in before?.Keys ?? FrozenDictionary<string, IssuerKey>.Empty)
                if (keys.GetValueOrDefault(id) != key) key.Withdraw();
            return new Snapshot(keys, configuration);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The keys of issuer {Issuer} cannot be read: {Problem}")]
        public static partial void Unreadable(ILogger logger, string issuer, string problem);

        [LoggerMessage(2, LogLevel.Information, "The keys of issuer {Issuer} can be read again")]
        public static partial void Readable(ILogger logger, string issuer);
    }
}

/// <summary>One signing key of an issuer. Tokens remembered here know theirs, and stop being good with it.</summary>
internal sealed class IssuerKey(SecurityKey key)
{
    private volatile bool _withdrawn;

    public bool IsWithdrawn => _withdrawn;

    public void Withdraw() => _withdrawn = true;

    public bool IsSame(SecurityKey other) =>
        key.CanComputeJwkThumbprint() && other.CanComputeJwkThumbprint() && key.ComputeJwkThumbprint().AsSpan().SequenceEqual(other.ComputeJwkThumbprint());
}
