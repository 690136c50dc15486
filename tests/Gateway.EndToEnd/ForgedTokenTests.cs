using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Gateway.EndToEnd;

/// <summary>One gateway in front of a real OpenID Connect provider, for all forged tokens.</summary>
public sealed class ForgedTokenGateway : IAsyncLifetime
{
    internal OidcProvider Provider { get; private set; } = null!;

    internal RecordingBackend Backend { get; private set; } = null!;

    internal GatewayProcess Process { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Provider = await OidcProvider.StartAsync();
        Backend = await RecordingBackend.StartAsync(People.DemoProject);
        Process = await GatewayProcess.StartAsync(own => own.WriteLimits("limits: []"), [.. Backend.Settings, .. Provider.Settings, "--Identity:FailedAttempts:Burst=0"]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in new IAsyncDisposable?[] { Process, Backend, Provider })
            if (one is not null) await one.DisposeAsync();
    }
}

/// <summary>
/// Every way we know to forge a JSON Web Token, each with everything else about it right: refused, nothing at the backend, and nothing fetched from
/// where the token would lead.
/// </summary>
public sealed class ForgedTokenTests(ForgedTokenGateway gateway) : IClassFixture<ForgedTokenGateway>
{
    private const string Start = """{"os-start": null}""";

    public static TheoryData<string> Cases => [.. Forgeries.Keys];

    public static TheoryData<string> GoodCases => [.. Good.Keys];

    private static readonly Dictionary<string, (Func<Forger, string> Token, string Reason)> Forgeries = new(StringComparer.Ordinal)
    {
        // Algorithms.
        ["T01 no signature, alg none"] = (f => f.With(h => h["alg"] = "none").Unsigned(), "token_algorithm"),
        ["T02 alg None"] = (f => f.With(h => h["alg"] = "None").Unsigned(), "token_algorithm"),
        ["T03 alg NONE"] = (f => f.With(h => h["alg"] = "NONE").Unsigned(), "token_algorithm"),
        ["T04 alg nOnE"] = (f => f.With(h => h["alg"] = "nOnE").Unsigned(), "token_algorithm"),
        ["T05 no alg"] = (f => f.With(h => h.Remove("alg")).Signed(), "token_algorithm"),
        ["T06 alg that is no text"] = (f => f.With(h => h["alg"] = 256).Signed(), "token_algorithm"),
        ["T07 alg twice"] = (f => f.Raw($$"""{"alg":"none","alg":"ES256","typ":"JWT","kid":"first"}""").Signed(), "token_malformed"),
        ["T08 alg es256"] = (f => f.With(h => h["alg"] = "es256").Signed(), "token_algorithm"),
        ["T09 HMAC with the public key's PEM"] = (f => f.With(h => h["alg"] = "HS256").Hmac(key => Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem())), "token_algorithm"),
        ["T10 HMAC with the PEM and a line feed"] =
            (f => f.With(h => h["alg"] = "HS256").Hmac(key => Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem() + "\n")), "token_algorithm"),
        ["T11 HMAC with the public key's DER"] = (f => f.With(h => h["alg"] = "HS256").Hmac(key => key.ExportSubjectPublicKeyInfo()), "token_algorithm"),
        ["T12 an elliptic signature under the name of RSA"] = (f => f.With(h => h["alg"] = "RS256").Signed(), "token_signature"),
        ["T13 a longer hash than was signed"] = (f => f.With(h => h["alg"] = "ES384").Signed(), "token_signature"),

        // Keys that the token brings or leads to.
        ["T14 its own key, jwk"] = (f => f.WithOwnKey((h, key) => h["jwk"] = Jwk(key)), "token_brings_key"),
        ["T15 its own key, jwk, under the issuer's key id"] = (f => f.WithOwnKey((h, key) => (h["jwk"], h["kid"]) = (Jwk(key), "first")), "token_brings_key"),
        ["T16 a key to be fetched, jku"] = (f => f.With(h => h["jku"] = f.Lure).Signed(), "token_brings_key"),
        ["T17 a certificate to be fetched, x5u"] = (f => f.With(h => h["x5u"] = f.Lure).Signed(), "token_brings_key"),
        ["T18 its own certificate, x5c"] = (f => f.WithOwnKey((h, key) => h["x5c"] = new JsonArray(Certificate(key))), "token_brings_key"),
        ["T19 a key of another, under the issuer's key id"] = (f => f.WithOwnKey((h, _) => h["kid"] = "first"), "token_signature"),
        ["T20 an extension that must be understood, crit"] = (f => f.With(h => (h["crit"], h["b64"]) = (new JsonArray("b64"), false)).Signed(), "token_header"),

        // Key ids.
        ["T21 a path as key id"] = (f => f.With(h => h["kid"] = "../../../../dev/null").Signed(), "token_key_unknown"),
        ["T22 SQL as key id"] = (f => f.With(h => h["kid"] = "x' UNION SELECT 'secret").Signed(), "token_key_unknown"),
        ["T23 line breaks in the key id"] = (f => f.With(h => h["kid"] = "a\r\nX-Roles: admin").Signed(), "token_key_unknown"),
        ["T24 a key id of 1 kB"] = (f => f.With(h => h["kid"] = new string('k', 1000)).Signed(), "token_header"),
        ["T25 a key id of 10 kB"] = (f => f.With(h => h["kid"] = new string('k', 10_000)).Signed(), "token_header"),
        ["T26 no key id"] = (f => f.With(h => h.Remove("kid")).Signed(), "token_key_unknown"),
        ["T27 a key id that is no text"] = (f => f.With(h => h["kid"] = new JsonObject()).Signed(), "token_header"),
        ["T28 an address as key id"] = (f => f.With(h => h["kid"] = f.Lure).Signed(), "token_key_unknown"),

        // Times and names.
        ["T29 expired"] = (f => f.Claim(c => c["exp"] = f.Now - 3600).Signed(), "token_expired"),
        ["T30 expired by a little more than clocks may differ"] = (f => f.Claim(c => c["exp"] = f.Now - 35).Signed(), "token_expired"),
        ["T31 not yet valid"] = (f => f.Claim(c => c["nbf"] = f.Now + 300).Signed(), "token_not_yet_valid"),
        ["T32 not yet valid by a little more than clocks may differ"] = (f => f.Claim(c => c["nbf"] = f.Now + 90).Signed(), "token_not_yet_valid"),
        ["T33 without an end"] = (f => f.Claim(c => c.Remove("exp")).Signed(), "token_invalid"),
        ["T34 an end that is no number"] = (f => f.Claim(c => c["exp"] = "tomorrow").Signed(), "token_malformed"),
        ["T35 another issuer"] = (f => f.Claim(c => c["iss"] = "https://elsewhere.example/").Signed(), "token_issuer_unknown"),
        ["T36 the issuer without its slash"] = (f => f.Claim(c => c["iss"] = ((string)c["iss"]!).TrimEnd('/')).Signed(), "token_issuer_unknown"),
        ["T37 no issuer"] = (f => f.Claim(c => c.Remove("iss")).Signed(), "token_issuer_unknown"),
        ["T38 another audience"] = (f => f.Claim(c => c["aud"] = "storage").Signed(), "token_audience"),
        ["T39 no audience"] = (f => f.Claim(c => c.Remove("aud")).Signed(), "token_audience"),
        ["T40 another type"] = (f => f.With(h => h["typ"] = "logout+jwt").Signed(), "token_invalid"),
        ["T41 no type"] = (f => f.With(h => h.Remove("typ")).Signed(), "token_invalid"),
        ["T42 no user"] = (f => f.Claim(c => c.Remove("sub")).Signed(), "token_without_user"),

        // Signatures and parts.
        ["T43 a signature of zeros"] = (f => f.Signature(new byte[64]), "token_signature"),
        ["T44 an empty signature"] = (f => f.Signature([]), "token_signature"),
        ["T45 a signature in another encoding"] = (f => f.Der(), "token_signature"),
        ["T46 other claims under the same signature"] = (f => f.Retold(), "token_signature"),
        ["T47 an encrypted token that unpacks to 8 MB"] = (f => f.Bomb(), "token_encrypted"),
        ["T48 compressed claims"] = (f => f.With(h => h["zip"] = "DEF").Signed(), "token_encrypted"),
        ["T49 four parts"] = (f => f.With(_ => { }).Signed() + ".AAAA", "token_malformed"),
        ["T50 two parts"] = (f => string.Join('.', f.With(_ => { }).Signed().Split('.')[..2]), "token_malformed"),
        ["T51 a header that is no JSON"] = (f => "AAAA." + string.Join('.', f.With(_ => { }).Signed().Split('.')[1..]), "token_malformed"),
        ["T52 a header deeper than it is wide"] = (f => f.Raw($$"""{"alg":"ES256","kid":"first","x":{{new string('[', 500)}}{{new string(']', 500)}}}""").Signed(), "token_malformed"),
        ["T53 claims that are no JSON"] = (f => f.Claims("AAAA").Signed(), "token_malformed"),
    };

    private static readonly Dictionary<string, Func<Forger, string>> Good = new(StringComparer.Ordinal)
    {
        ["put together by the test as the provider does"] = f => f.With(_ => { }).Signed(),
        ["expired within what clocks may differ"] = f => f.Claim(c => c["exp"] = f.Now - 5).Signed(),
        ["not yet valid within what clocks may differ"] = f => f.Claim(c => c["nbf"] = f.Now + 20).Signed(),
        ["of an access token's own type"] = f => f.With(h => h["typ"] = "at+jwt").Signed(),
        ["for several audiences"] = f => f.Claim(c => c["aud"] = new JsonArray("storage", "compute")).Signed(),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Is_refused(string name)
    {
        var (make, reason) = Forgeries[name];
        var token = make(new Forger(gateway.Provider));
        var before = gateway.Backend.Received.Count;

        foreach (var request in new[] { RawRequest.Action(token, Start), RawRequest.Action(null, Start).With($"Authorization: Bearer {token}") })
        {
            var answer = await RawConnection.ExchangeAsync(gateway.Process.DataPort, request);
            Assert.Equal(401, answer.Status);
            Assert.Equal(reason, Assert.Single(RecordedCalls.Of(gateway.Process.Store, answer.RequestId)).ReasonCode);
        }

        Assert.Equal((before, 0), (gateway.Backend.Received.Count, gateway.Provider.Lured));
        Assert.InRange(gateway.Provider.KeyReads, 0, 1 + (int)(TimeProvider.System.GetElapsedTime(Begun).TotalSeconds / 30) + 1);
        Assert.DoesNotContain(token, gateway.Process.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(GoodCases))]
    public async Task The_check_would_notice_a_good_one(string name) => Assert.Equal(
        202, (await RawConnection.ExchangeAsync(gateway.Process.DataPort, RawRequest.Action(Good[name](new Forger(gateway.Provider)), Start))).Status);

    [Fact]
    public async Task A_key_id_of_100_kB_does_not_pass_the_web_server()
    {
        var token = new Forger(gateway.Provider).With(h => h["kid"] = new string('k', 100_000)).Signed();

        Assert.Equal(431, (await RawConnection.ExchangeAsync(gateway.Process.DataPort, RawRequest.Action(token, Start))).Status);
    }

    private static readonly long Begun = TimeProvider.System.GetTimestamp();

    private static JsonObject Jwk(ECDsa key)
    {
        var point = key.ExportParameters(false).Q;
        return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
    }

    private static string Certificate(ECDsa key)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=forger", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return Convert.ToBase64String(certificate.Export(X509ContentType.Cert));
    }

    /// <summary>Puts tokens together from a good one, with the provider's own key unless it is the key that is wrong.</summary>
    private sealed class Forger
    {
        private readonly OidcProvider _provider;
        private readonly JsonObject _claims;
        private readonly JsonObject _header = new() { ["alg"] = "ES256", ["typ"] = "JWT", ["kid"] = "first" };
        private string? _rawHeader;
        private string? _rawClaims;

        public Forger(OidcProvider provider)
        {
            _provider = provider;
            _claims = new JsonObject
            {
                ["iss"] = provider.Issuer,
                ["aud"] = "compute",
                ["sub"] = $"forger-{Guid.NewGuid():N}",
                ["iat"] = Now,
                ["exp"] = Now + 600,
                ["project_id"] = People.DemoProject,
                ["realm_access"] = new JsonObject { ["roles"] = new JsonArray("member") },
            };
        }

        public string Lure => _provider.Lure;

        public long Now { get; } = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        private string Text => $"{_rawHeader ?? Encode(_header.ToJsonString())}.{_rawClaims ?? Encode(_claims.ToJsonString())}";

        public Forger With(Action<JsonObject> change)
        {
            change(_header);
            return this;
        }

        public Forger Claim(Action<JsonObject> change)
        {
            change(_claims);
            return this;
        }

        public Forger Raw(string header)
        {
            _rawHeader = Encode(header);
            return this;
        }

        public Forger Claims(string encoded)
        {
            _rawClaims = encoded;
            return this;
        }

        public string Signed() => Signature(_provider.Sign("first", Bytes(Text)));

        public string Unsigned() => Signature([]);

        public string Signature(byte[] signature) => $"{Text}.{Base64Url.EncodeToString(signature)}";

        public string Hmac(Func<ECDsa, byte[]> secret) => Signature(HMACSHA256.HashData(secret(_provider.Key("first")), Bytes(Text)));

        public string WithOwnKey(Action<JsonObject, ECDsa> change)
        {
            using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            change(_header, own);
            return Signature(own.SignData(Bytes(Text), HashAlgorithmName.SHA256));
        }

        public string Der() => Signature(_provider.Key("first").SignData(Bytes(Text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));

        public string Retold()
        {
            var signature = Signed().Split('.')[2];
            _claims["realm_access"] = new JsonObject { ["roles"] = new JsonArray("admin") };
            return $"{Text}.{signature}";
        }

        public string Bomb()
        {
            using var packed = new MemoryStream();
            using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) deflate.Write(new byte[8 * 1024 * 1024]);
            var header = Encode("""{"alg":"ECDH-ES","enc":"A128GCM","zip":"DEF","kid":"first"}""");
            return $"{header}.AAAA.AAAA.{Base64Url.EncodeToString(packed.ToArray())}.AAAA";
        }

        private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

        private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
    }
}
