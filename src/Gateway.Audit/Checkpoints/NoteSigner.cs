using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.OpenSsl;
using Org.BouncyCastle.Security;

namespace Gateway.Audit;

/// <summary>A private key that signs notes; kept as PKCS#8 PEM, so that other programs can use it.</summary>
internal sealed class NoteSigner
{
    private readonly Ed25519PrivateKeyParameters _key;

    private NoteSigner(string name, Ed25519PrivateKeyParameters key)
    {
        _key = key;
        Key = new NoteKey(name, key.GeneratePublicKey());
    }

    public NoteKey Key { get; }

    public static NoteSigner Create(string name) => new(name, new Ed25519PrivateKeyParameters(new SecureRandom()));

    /// <exception cref="FormatException">The text is no Ed25519 private key.</exception>
    public static NoteSigner FromPem(string name, string pem)
    {
        try
        {
            using var reader = new PemReader(new StringReader(pem));
            if (reader.ReadObject() is Ed25519PrivateKeyParameters key) return new NoteSigner(name, key);
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidKeyException)
        {
            throw new FormatException(e.Message, e);
        }

        throw new FormatException("it holds no Ed25519 private key in PKCS#8");
    }

    public string ToPem()
    {
        using var text = new StringWriter();
        using var writer = new PemWriter(text);
        writer.WriteObject(new Pkcs8Generator(_key));
        writer.Writer.Flush();
        return text.ToString();
    }

    public byte[] Sign(byte[] text)
    {
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, _key);
        signer.BlockUpdate(text, 0, text.Length);
        return signer.GenerateSignature();
    }
}
