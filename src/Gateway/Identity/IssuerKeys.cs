using System.Collections.Frozen;
using Gateway.FrontDoor;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Identity;

/// <summary>
/// An issuer's signing keys. A key id that is not among them has the set read again at once, at most every thirty seconds; besides, and whatever came of
/// that, it is read again after the refresh interval. Only a good answer changes anything: keys are never lost to a bad one.
/// </summary>
/// <param name="issuer">The <c>iss</c> claim.</param>
/// <param name="source">Reads the set.</param>
/// <param name="time">Clock of the intervals.</param>
internal sealed partial class IssuerKeys(string issuer, IKeySetSource source, TimeProvider time, ILogger logger)
{
    /// <summary>At most one reading in this time is caused by unknown key ids, however many arrive, once there are keys.</summary>
    public static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(30);

    /// <summary>Without any key, a failed reading is not tried again within this time, so that an issuer which is down costs its callers no waiting.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Guards the three that follow: whoever finds a reading under way waits for that one.
    private readonly Lock _lock = new();
    private Task? _reading;
    private long _begun;
    private long? _begunForUnknown;
    private volatile FrozenDictionary<string, IssuerKey>? _current;
    private volatile string? _fault;

    public string Issuer => issuer;

    /// <summary>Why the last reading failed; null when it did not.</summary>
    public string? Fault => _fault;

    /// <summary>The key of an id: null when the issuer has none such; a refusal when the issuer cannot be asked.</summary>
    public async ValueTask<(IssuerKey? Key, Refusal? Refusal)> FindAsync(string keyId, CancellationToken cancel)
    {
        if (Known(keyId) is { } known) return (known, null);
        var (reading, isOwn) = BeginForUnknown();
        await reading.WaitAsync(cancel);
        // A reading that had begun before may have been answered before the key was there.
        if (!isOwn && _fault is null && Known(keyId) is null) await BeginForUnknown().Reading.WaitAsync(cancel);
        if (Known(keyId) is { } read) return (read, null);
        // What the issuer has not been able to deny may be its key.
        return _fault is { } fault
            ? (null, Refusal.Unavailable("identity_unavailable", "The identity service is unavailable.", $"the keys of {issuer} cannot be read: {fault}"))
            : (null, null);
    }

    /// <summary>Reads the set again; for the refresh interval. Never fails.</summary>
    public Task RefreshAsync()
    {
        lock (_lock) return _reading is { IsCompleted: false } ? _reading : Begin();
    }

    /// <summary>The keys to try for a key id, for the JWT bearer handler, which is asked only after <see cref="FindAsync"/> found one.</summary>
    public IReadOnlyList<SecurityKey> ToTry(string? keyId) => Known(keyId)?.Keys ?? [];

    private IssuerKey? Known(string? keyId) => keyId is not null && _current is { } current && current.TryGetValue(keyId, out var key) ? key : null;

    /// <summary>A reading under way or begun; one that is done when it is too early for another.</summary>
    private (Task Reading, bool IsOwn) BeginForUnknown()
    {
        lock (_lock)
        {
            if (_reading is { IsCompleted: false }) return (_reading, false);
            if (_current is null)
            {
                // There is nothing yet that a key id could be unknown to.
                return _reading is not null && time.GetElapsedTime(_begun) < Pause ? (_reading, true) : (Begin(), true);
            }

            if (_begunForUnknown is { } last && time.GetElapsedTime(last) < ReadInterval) return (_reading!, true);
            _begunForUnknown = time.GetTimestamp();
            return (Begin(), true);
        }
    }

    /// <summary>Call it under the lock.</summary>
    private Task Begin()
    {
        _begun = time.GetTimestamp();
        return _reading = ReadAsync();
    }

    private async Task ReadAsync()
    {
        // Off the lock.
        await Task.Yield();
        try
        {
            _current = KeysOf(await source.ReadAsync(CancellationToken.None), _current);
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

    /// <summary>The keys of a set; those that were in the set before and are not now are withdrawn.</summary>
    private static FrozenDictionary<string, IssuerKey> KeysOf(JsonWebKeySet set, FrozenDictionary<string, IssuerKey>? before)
    {
        // A symmetric key in a public set would be everybody's; one without an id is no token's.
        var keys = set.GetSigningKeys().Where(key => key is not SymmetricSecurityKey && key.KeyId is { Length: > 0 })
            .GroupBy(key => key.KeyId, StringComparer.Ordinal)
            .Select(group => (Id: group.Key, Key: new IssuerKey([.. group])))
            .ToFrozenDictionary(one => one.Id, one => before?.GetValueOrDefault(one.Id) is { } same && same.IsSame(one.Key) ? same : one.Key, StringComparer.Ordinal);
        if (keys.Count == 0) throw new InvalidOperationException("the key set holds no signing key with a key id");
        foreach (var (id, key) in before ?? FrozenDictionary<string, IssuerKey>.Empty)
            if (keys.GetValueOrDefault(id) != key) key.Withdraw();
        return keys;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The keys of issuer {Issuer} cannot be read: {Problem}")]
        public static partial void Unreadable(ILogger logger, string issuer, string problem);

        [LoggerMessage(2, LogLevel.Information, "The keys of issuer {Issuer} can be read again")]
        public static partial void Readable(ILogger logger, string issuer);
    }
}

/// <summary>
/// What an issuer signs with under one key id: one key, or several of which any may have signed (RFC 7517, section 4.5, allows an id to be used twice).
/// Tokens remembered here know theirs, and stop being good when it changes.
/// </summary>
internal sealed class IssuerKey(IReadOnlyList<SecurityKey> keys)
{
    private readonly string?[] _thumbprints =
        [.. keys.Select(key => key.CanComputeJwkThumbprint() ? Convert.ToHexString(key.ComputeJwkThumbprint()) : null).Order(StringComparer.Ordinal)];

    private volatile bool _withdrawn;

    public IReadOnlyList<SecurityKey> Keys => keys;

    public bool IsWithdrawn => _withdrawn;

    public void Withdraw() => _withdrawn = true;

    /// <summary>Whether they are the same keys; of one that cannot be told it is not known.</summary>
    public bool IsSame(IssuerKey other) => !_thumbprints.Contains(null) && _thumbprints.SequenceEqual(other._thumbprints, StringComparer.Ordinal);
}
