using Gateway.FrontDoor;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Identity;

/// <summary>
/// What a cluster is told about the caller: the caller's own token, which the backend verifies itself, or identity headers, signed or over mutual TLS.
/// Chosen for each cluster by its metadata: <c>"Identity": "token"</c> (the default), <c>"signed"</c> with <c>"Secret"</c> or <c>"SecretFile"</c>, or
/// <c>"headers"</c> with the certificates of <see cref="BackendTls"/>.
/// </summary>
/// <param name="mode">Which of them.</param>
/// <param name="secret">Key of the signature.</param>
/// <param name="time">Clock of the signature's timestamp.</param>
internal sealed class BackendIdentity(BackendIdentityMode mode, byte[] secret, TimeProvider time)
{
    public const string ModeKey = "Identity";
    public const string SecretKey = "Secret";
    public const string SecretFileKey = "SecretFile";

    public static BackendIdentity For(ClusterConfig cluster, TimeProvider time)
    {
        var metadata = cluster.Metadata ?? new Dictionary<string, string>(StringComparer.Ordinal);
        var mode = metadata.GetValueOrDefault(ModeKey);
        if (mode == "headers") return new BackendIdentity(BackendIdentityMode.Headers, [], time);
        if (mode != "signed") return new BackendIdentity(BackendIdentityMode.Token, [], time);
        var secret = metadata.TryGetValue(SecretFileKey, out var file) ? ReadSecret(file) : metadata[SecretKey];
        return new BackendIdentity(BackendIdentityMode.Signed, System.Text.Encoding.UTF8.GetBytes(secret), time);
    }

    /// <summary>Whether the backend is told by a token, which it then verifies, with all that the token may and may not.</summary>
    public bool PassesToken => mode == BackendIdentityMode.Token;

    public static string ReadSecret(string file) => File.ReadAllText(file).Trim();

    /// <summary>Sets the identity headers of a request to the backend. Call it last: nothing may change the target or the body after.</summary>
    /// <param name="outgoing">The request to the backend.</param>
    /// <param name="incoming">The client's headers, for the token.</param>
    /// <param name="subject">Who asks; null for the few operations that need no token.</param>
    /// <param name="method">Method of the outgoing request.</param>
    /// <param name="target">Path and query of the outgoing request, as they will stand on its request line.</param>
    /// <param name="body">Its body.</param>
    public void Apply(
        HttpRequestMessage outgoing, IHeaderDictionary incoming, Subject? subject, string method, string target, ReadOnlySpan<byte> body)
    {
        if (subject is null) return;
        if (mode == BackendIdentityMode.Token)
        {
            PassOn(ProtectedHeaders.AuthToken);
            PassOn(ProtectedHeaders.ServiceToken);
            PassOn(Microsoft.Net.Http.Headers.HeaderNames.Authorization);
            return;
        }

        var headers = SignedIdentity.Headers(subject);
        foreach (var (name, value) in headers) outgoing.Headers.TryAddWithoutValidation(name, value);
        if (mode == BackendIdentityMode.Headers) return;
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        outgoing.Headers.TryAddWithoutValidation(SignedIdentity.TimestampHeader, timestamp.ToString());
        outgoing.Headers.TryAddWithoutValidation(
            SignedIdentity.SignatureHeader, SignedIdentity.Sign(secret, method, target, timestamp, body, headers));

        void PassOn(string name)
        {
            if (incoming[name].ToString() is { Length: > 0 } value) outgoing.Headers.TryAddWithoutValidation(name, value);
        }
    }
}

/// <summary>In which form a backend learns who the caller is.</summary>
internal enum BackendIdentityMode
{
    Token,
    Signed,
    Headers,
}
