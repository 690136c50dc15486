using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.DevIdentity.Tokens;

/// <summary>The P-256 key tokens are signed with (ES256, RFC 7518 section 3.4), and its public half as a JWK (RFC 7517).</summary>
internal sealed class SigningKey : IDisposable
{
    private const string FileName = "signing-key.pem";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Guards _key: its members are not promised to be safe for several threads.
    private readonly Lock _lock = new();
    private readonly ECDsa _key;

    private SigningKey(ECDsa key)
    {
        _key = key;
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        X = Base64Url.EncodeToString(q.X);
        Y = Base64Url.EncodeToString(q.Y);
        // RFC 7638: the hash of the required members in lexicographic order.
        KeyId = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""")));
    }

    /// <summary>The JWK thumbprint of the public key (RFC 7638).</summary>
    public string KeyId { get; }

    public string X { get; }

    public string Y { get; }

    /// <summary>Opens the key kept in a directory, made on first use and readable by its owner alone; without a directory, a key for this run.</summary>
    /// <exception cref="DevIdentityStartException">The key file cannot be read or written, is open to others, or holds no P-256 key.</exception>
    public static SigningKey Open(string? directory)
    {
        if (directory is null) return new SigningKey(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var path = Path.Combine(directory, FileName);
        try
        {
            Directory.CreateDirectory(directory);
            if (!File.Exists(path)) Create(path);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != UnixFileMode.None)
                throw new DevIdentityStartException([$"{path}: others may use this key: run `chmod 600 {path}`"]);
            return new SigningKey(Load(path));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DevIdentityStartException([$"{path}: cannot be used: {fault.Message}"]);
        }
    }

    public byte[] Sign(byte[] data)
    {
        lock (_lock) return _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    public bool Verify(byte[] data, byte[] signature)
    {
        lock (_lock) return _key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    public void Dispose() => _key.Dispose();

    private static void Create(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var whole = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var stream = new FileStream(whole, options))
        using (var writer = new StreamWriter(stream))
            writer.Write(key.ExportPkcs8PrivateKeyPem() + "\n");

        // The name appears with the whole key behind it, and the first of two processes starting together wins.
        try
        {
            File.Move(whole, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(whole);
        }
    }

    private static ECDsa Load(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            if (key.KeySize == 256 && key.ExportParameters(false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value) return key;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new DevIdentityStartException([$"{path}: holds no PEM private key: delete it, a new one is made at the next start"]);
        }

        key.Dispose();
        throw new DevIdentityStartException([$"{path}: holds a key that is not P-256: delete it, a new one is made at the next start"]);
    }
}
