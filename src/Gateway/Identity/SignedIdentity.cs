using System.Security.Cryptography;
using System.Text;

namespace Gateway.Identity;

/// <summary>
/// The identity headers that a backend which trusts the gateway receives, named as keystonemiddleware names them, and the HMAC-SHA256
/// by which it knows that they are the gateway's. The signed text is written out in docs/identity.md.
/// </summary>
internal static class SignedIdentity
{
    public const string TimestampHeader = "X-Gateway-Timestamp";
    public const string SignatureHeader = "X-Gateway-Signature";

    /// <summary>The headers to set, in the order they are signed; absent values are left out.</summary>
    /// <exception cref="InvalidOperationException">A value holds a control character. Readers of tokens refuse those; this is for the one that forgets.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Headers(Subject subject)
    {
        KeyValuePair<string, string>[] headers = [.. Values(subject)];
        foreach (var (name, value) in headers)
            if (!HeaderText.IsSafe(value)) throw new InvalidOperationException($"{name}: the value holds a control character and is not sent: its reader must refuse such tokens");
        return headers;
    }

    private static IEnumerable<KeyValuePair<string, string>> Values(Subject subject)
    {
        yield return new("X-Identity-Status", "Confirmed");
        yield return new("X-User-Id", subject.UserId);
        if (subject.UserName is { } userName) yield return new("X-User-Name", userName);
        if (subject.UserDomainId is { } userDomain) yield return new("X-User-Domain-Id", userDomain);
        if (subject.UserDomainName is { } userDomainName) yield return new("X-User-Domain-Name", userDomainName);
        if (subject.ProjectId is { } project) yield return new("X-Project-Id", project);
        if (subject.ProjectName is { } projectName) yield return new("X-Project-Name", projectName);
        if (subject.ProjectDomainId is { } projectDomain) yield return new("X-Project-Domain-Id", projectDomain);
        if (subject.ProjectDomainName is { } projectDomainName) yield return new("X-Project-Domain-Name", projectDomainName);
        if (subject.DomainId is { } domain) yield return new("X-Domain-Id", domain);
        if (subject.DomainName is { } domainName) yield return new("X-Domain-Name", domainName);
        yield return new("X-Roles", string.Join(',', subject.Roles));
        if (subject.SystemScope is { } scope) yield return new("OpenStack-System-Scope", scope);
        if (subject.IsAdminProject is { } admin) yield return new("X-Is-Admin-Project", admin ? "True" : "False");
        if (subject.Service is not { } service) yield break;
        yield return new("X-Service-Identity-Status", "Confirmed");
        if (service.UserId is { } serviceUser) yield return new("X-Service-User-Id", serviceUser);
        if (service.UserName is { } serviceUserName) yield return new("X-Service-User-Name", serviceUserName);
        if (service.UserDomainId is { } serviceUserDomain) yield return new("X-Service-User-Domain-Id", serviceUserDomain);
        if (service.ProjectId is { } serviceProject) yield return new("X-Service-Project-Id", serviceProject);
        if (service.ProjectName is { } serviceProjectName) yield return new("X-Service-Project-Name", serviceProjectName);
        if (service.ProjectDomainId is { } serviceProjectDomain) yield return new("X-Service-Project-Domain-Id", serviceProjectDomain);
        yield return new("X-Service-Roles", string.Join(',', service.Roles));
    }

    /// <summary>Signs a request: <c>v1=</c> and the lower-case hexadecimal HMAC.</summary>
    public static string Sign(
        ReadOnlySpan<byte> secret, string method, string target, long timestamp, ReadOnlySpan<byte> body, IEnumerable<KeyValuePair<string, string>> headers)
    {
        var text = new StringBuilder(512)
            .Append("v1\n").Append(method).Append('\n').Append(target).Append('\n').Append(timestamp).Append('\n')
            .Append(Convert.ToHexStringLower(SHA256.HashData(body)));
        foreach (var (name, value) in headers) text.Append('\n').Append(name.ToLowerInvariant()).Append(':').Append(value);
        return "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(text.ToString())));
    }
}
