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
    private long? _read;

    /// <summary>Why a token is no good; null when it is, or is not a JWS at all (Fernet tokens are only Keystone's to judge).</summary>
    public Refusal? Refuse(string token)
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
        if (!Verify(signed, signature) && !(ReadAgain() && Verify(signed, signature))) return Refusal.Unauthorized("token_signature");
        return ExpiryOf(payload) is { } expiry && expiry > time.GetUtcNow() ? null : Refusal.Unauthorized("token_expired");
    }

    public void Dispose()
    {
        foreach (var key in _keys) key.Dispose();
    }

    private bool Verify(byte[] signed, byte[] signature) => _keys.Any(key => key.VerifyData(signed, signature, HashAlgorithmName.SHA256));

    private bool ReadAgain()
    {
        lock (_reading)
        {
            if (_read is { } last && time.GetElapsedTime(last) < ReadInterval) return false;
            _read = time.GetTimestamp();
            var keys = new List<ECDsa>();
            foreach (var file in Directory.EnumerateFiles(folder, "*.pem"))
            {
                var key = ECDsa.Create();
                try
                {
                    key.ImportFromPem(File.ReadAllText(file));
                    // Keystone signs with ES256 and nothing else.
                    if (key.KeySize == 256) keys.Add(key);
                }
                catch (Exception e) when (e is ArgumentException or CryptographicException or IOException)
                {
                    // A file that is no key verifies nothing; the others do.
                    key.Dispose();
                }
            }

            if (keys.Count > 0) _keys = [.. keys];
            return true;
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
