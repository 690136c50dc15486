using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Gateway.Compute.Callers;

/// <summary>Reads the caller from headers that the gateway signed, and from nothing else.</summary>
internal sealed partial class SignedCallers(string secret, TimeProvider clock, ILogger<SignedCallers> logger)
{
    /// <summary>How far the gateway's clock and ours may differ, and how long a signature lives.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(60);

    private readonly byte[] _secret = Encoding.UTF8.GetBytes(secret);

    /// <summary>The caller, or null when the request is not one the gateway signed.</summary>
    public Caller? Read(HttpContext context, ReadOnlySpan<byte> body)
    {
        var refusal = Check(context, body);
        if (refusal is not null)
        {
            Log.Refused(logger, context.Request.Method, context.Request.Path, refusal);
            return null;
        }

        var headers = context.Request.Headers;
        return new Caller(
            headers["X-User-Id"].ToString(),
            Optional(headers["X-Project-Id"]),
            Caller.SplitRoles(headers["X-Roles"].ToString()));
    }

    private string? Check(HttpContext context, ReadOnlySpan<byte> body)
    {
        var headers = context.Request.Headers;
        if (headers[IdentitySignature.SignatureHeader] is not [{ Length: > 0 } signature])
            return "no signature";
        if (headers[IdentitySignature.TimestampHeader] is not [{ Length: > 0 } timestamp]
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
            return "no timestamp";

        // A header sent twice could mean one thing to the signer and another to us.
        if (IdentitySignature.IdentityHeaders.Any(name => headers[name].Count > 1))
            return "an identity header is there twice";

        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var expected = IdentitySignature.Compute(
            _secret, context.Request.Method, target, timestamp, body, name => headers.TryGetValue(name, out var value) ? value.ToString() : null);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(signature)))
            return "the signature does not match";
        if ((clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > Tolerance)
            return "the timestamp is too far from this machine's clock";
        if (headers["X-Identity-Status"].ToString() != "Confirmed" || headers["X-User-Id"].ToString().Length == 0)
            return "the identity is not confirmed";
        return null;
    }

    private static string? Optional(StringValues value) => value.ToString() is { Length: > 0 } text ? text : null;

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "refused {Method} {Path}: {Reason}; only the gateway, with the shared secret, may call here")]
        public static partial void Refused(ILogger logger, string method, string path, string reason);
    }
}
