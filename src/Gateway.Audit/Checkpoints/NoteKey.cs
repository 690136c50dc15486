using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Gateway.Audit;

/// <summary>A public key that verifies signed notes, in C2SP's form: <c>name+hash+base64(0x01 ‖ key)</c>. Ed25519.</summary>
public sealed class NoteKey
{
    private const byte Ed25519 = 1;

    private readonly Ed25519PublicKeyParameters _key;

    internal NoteKey(string name, Ed25519PublicKeyParameters key)
    {
        Name = name;
        _key = key;
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519, .. key.GetEncoded()]);
        Id = hash[..4];
    }

    /// <summary>The signer's name, as it stands in signatures.</summary>
    public string Name { get; }

    /// <summary>The four bytes by which a signature names its key.</summary>
    internal byte[] Id { get; }

    public override string ToString() => $"{Name}+{Convert.ToHexStringLower(Id)}+{Convert.ToBase64String([Ed25519, .. _key.GetEncoded()])}";

    /// <exception cref="FormatException">It is not a verifier key of this kind.</exception>
    public static NoteKey Parse(string text)
    {
        var parts = text.Trim().Split('+', 3);
        byte[] bytes;
        try
        {
            bytes = parts.Length == 3 ? Convert.FromBase64String(parts[2]) : [];
        }
        catch (FormatException)
        {
            bytes = [];
        }

        if (bytes is not [Ed25519, .. { Length: 32 } key]) throw new FormatException($"`{text.Trim()}` is not a key: write `name+hash+base64`, an Ed25519 key");
        NoteKey parsed;
        try
        {
            parsed = new NoteKey(parts[0], new Ed25519PublicKeyParameters(key));
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"`{text.Trim()}` is not a key: its bytes are no point of the curve", e);
        }

        return Convert.ToHexStringLower(parsed.Id) == parts[1] ? parsed : throw new FormatException($"`{text.Trim()}` is not a key: its hash is not that of its name and bytes");
    }

    internal bool Verifies(ReadOnlySpan<byte> text, byte[] signature)
    {
        var verifier = new Ed25519Signer();
        verifier.Init(forSigning: false, _key);
        verifier.BlockUpdate(text);
        return signature.Length == 64 && verifier.VerifySignature(signature);
    }
}
