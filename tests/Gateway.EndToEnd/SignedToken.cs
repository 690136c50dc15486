using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.EndToEnd;

/// <summary>A token taken apart, changed and put together again, signed with the identity service's own key when it is to be.</summary>
internal sealed class SignedToken
{
    private readonly string _keyFile;

    public SignedToken(GatewayProcess gateway, string token)
    {
        _keyFile = gateway.Path("data", "signing-key.pem");
        var parts = token.Split('.');
        Header = Decode(parts[0]);
        Claims = Decode(parts[1]);
    }

    public JsonObject Header { get; }

    public JsonObject Claims { get; }

    public SignedToken Change(Action<SignedToken> change)
    {
        change(this);
        return this;
    }

    /// <summary>With the right key: only what was changed is wrong with it.</summary>
    public string Signed()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_keyFile));
        return With(signed => key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    /// <summary>With a key that the service never had.</summary>
    public string SignedByAnother()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return With(signed => key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    /// <summary>As an HMAC under the public key's text, which everybody knows.</summary>
    public string SignedWithThePublicKey()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_keyFile));
        var secret = Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem());
        return With(signed => HMACSHA256.HashData(secret, signed));
    }

    public string Unsigned() => With(_ => []);

    private string With(Func<byte[], byte[]> sign)
    {
        var signed = $"{Encode(Header)}.{Encode(Claims)}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static JsonObject Decode(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
