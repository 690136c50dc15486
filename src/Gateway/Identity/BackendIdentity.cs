using Gateway.FrontDoor;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Identity;

/// <summary>
/// What a cluster is told about the caller: the caller's own token, which the backend verifies itself, or signed identity headers.
/// Chosen for each cluster by its metadata: <c>"Identity": "token"</c> (the default) or <c>"signed"</c> with <c>"Secret"</c> or <c>"SecretFile"</c>.
/// </summary>
/// <param name="secret">Key of the signature; null when the token is passed on.</param>
/// <param name="time">Clock of the signature's timestamp.</param>
internal sealed class BackendIdentity(byte[]? secret, TimeProvider time)
{
    public const string ModeKey = "Identity";
    public const string SecretKey = "Secret";
    public const string SecretFileKey = "SecretFile";

    public static BackendIdentity For(ClusterConfig cluster, TimeProvider time)
    {
        var metadata = cluster.Metadata ?? new Dictionary<string, string>(StringComparer.Ordinal);
        if (!metadata.TryGetValue(ModeKey, out var mode) || mode != "signed") return new BackendIdentity(null, time);
        var secret = metadata.TryGetValue(SecretFileKey, out var file) ? File.ReadAllText(file).Trim() : metadata[SecretKey];
        return new BackendIdentity(System.Text.Encoding.UTF8.GetBytes(secret), time);
    }

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
        if (secret is null)
        {
            PassOn(ProtectedHeaders.AuthToken);
            PassOn(ProtectedHeaders.ServiceToken);
            PassOn(Microsoft.Net.Http.Headers.HeaderNames.Authorization);
            return;
        }

        var headers = SignedIdentity.Headers(subject).ToArray();
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        foreach (var (name, value) in headers) outgoing.Headers.TryAddWithoutValidation(name, value);
        outgoing.Headers.TryAddWithoutValidation(SignedIdentity.TimestampHeader, timestamp.ToString());
        outgoing.Headers.TryAddWithoutValidation(
            SignedIdentity.SignatureHeader, SignedIdentity.Sign(secret, method, target, timestamp, body, headers));

        void PassOn(string name)
        {
            if (incoming[name].ToString() is { Length: > 0 } value) outgoing.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
