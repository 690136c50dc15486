using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.FrontDoor;

namespace Gateway.Identity;

/// <summary>
/// Verifies Keystone's own JWS tokens with its public keys. Such a token holds user and project but no roles, so a good one still goes to Keystone;
/// a forged or expired one never does.
/// </summary>
/// <param name="folder">PEM files, as <c>keystone-manage create_jws_keypair</c> writes them.</param>
internal sealed class KeystoneJws(string folder, TimeProvider time) : IDisposable
{
    /// <summary>A key that is not found has the folder read again, at most this often.</summary>
    private static readonly TimeSpan ReadInterval = TimeSpan.FromSeconds(30);

    // Guards reading the folder.
    private readonly Lock _reading = new();
    private volatile ECDsa[] _keys = [];

    // Guarded by _reading.
    private long? _read;
    private bool _isWhole;

    /// <summary>
    /// Why a token is no good; null when it is, or when only Keystone can judge it: it is not a JWS (a Fernet token), or not all keys could be read.
    /// </summary>
    public Refusal? Refuse(string token, TokenAge age)
    {
        if (token.Split('.') is not { Length: 3 } parts) return null;
        byte[] payload, signature;
        try
        {
            (payload, signature) = (Base64Url.DecodeFromChars(parts[1]), Base64Url.DecodeFromChars(parts[2]));
        }
        catch (FormatException)
        {
            return Refusal.Unauthorized("token_malformed");
        }

        var signed = Encoding.ASCII.GetBytes(token[..(parts[0].Length + 1 + parts[1].Length)]);
        if (!Verify(_keys, signed, signature))
        {
            // Verified again whoever read the keys: another thread may have, while this one waited.
            if (Reread() is not { } keys) return null;
            if (!Verify(keys, signed, signature)) return Refusal.Unauthorized("token_signature");
        }

        return age == TokenAge.Any || (ExpiryOf(payload) is { } expiry && expiry > time.GetUtcNow()) ? null : Refusal.Unauthorized("token_expired");
    }

    public void Dispose()
    {
        foreach (var key in _keys) key.Dispose();
    }

    private static bool Verify(ECDsa[] keys, byte[] signed, byte[] signature) => keys.Any(key => key.VerifyData(signed, signature, HashAlgorithmName.SHA256));

    /// <summary>The keys as they were read not long ago; null when there are none, or some could not be read.</summary>
    private ECDsa[]? Reread()
    {
        lock (_reading)
        {
            if (_read is not { } last || time.GetElapsedTime(last) >= ReadInterval)
            {
                _read = time.GetTimestamp();
                var keys = new List<ECDsa>();
                _isWhole = Read(keys) && keys.Count > 0;
                if (keys.Count > 0) _keys = [.. keys];
            }

            return _isWhole ? _keys : null;
        }
    }

    /// <summary>False when a file, or the folder, could not be read.</summary>
    private bool Read(List<ECDsa> keys)
    {
        var isWhole = true;
        try
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*.pem")) isWhole &= Read(file, keys);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            isWhole = false;
        }

        return isWhole;
    }

    private static bool Read(string file, List<ECDsa> keys)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            // Keystone signs with ES256 and nothing else.
            if (key.KeySize == 256) keys.Add(key);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            // A file that is no key verifies nothing; the others do.
            return e is ArgumentException or CryptographicException;
        }
    }

    private static DateTimeOffset? ExpiryOf(byte[] payload)
    {
        try
        {
            using var json = JsonDocument.Parse(payload);
            return json.RootElement.TryGetProperty("exp", out var exp) && exp.TryGetInt64(out var seconds) && seconds is > 0 and < 253402300799
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
