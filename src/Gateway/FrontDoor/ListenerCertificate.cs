using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Gateway.FrontDoor;

/// <summary>
/// The certificate of the <c>https</c> listeners, read again when its files change, so that a renewal needs no restart. Files that cannot be used
/// change nothing: the certificate in force stays.
/// </summary>
internal sealed partial class ListenerCertificate
{
    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly ILogger _logger;
    private volatile Loaded _loaded;
    private string _inForce;

    private ListenerCertificate(string certificateFile, string keyFile, ILogger logger)
    {
        (_certificateFile, _keyFile, _logger) = (certificateFile, keyFile, logger);
        _inForce = Digest();
        _loaded = Load(certificateFile, keyFile);
    }

    /// <summary>Why the files on disk are not in force; null when they are.</summary>
    public string? Fault { get; private set; }

    /// <summary>When the certificate in force ends.</summary>
    public DateTimeOffset ValidUntil => _loaded.ValidUntil;

    /// <param name="certificateFile">PEM: the certificate, then those between it and a trusted one.</param>
    /// <param name="keyFile">PEM: the private key; null when it stands in the certificate's file.</param>
    /// <param name="logger">Told of renewals.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">The files hold no certificate and key that belong together.</exception>
    public static ListenerCertificate Open(string certificateFile, string? keyFile, ILogger logger) => new(certificateFile, keyFile ?? certificateFile, logger);

    /// <summary>Why files cannot be used; null when they can.</summary>
    public static string? Problem(string certificateFile, string? keyFile)
    {
        try
        {
            Load(certificateFile, keyFile ?? certificateFile);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"cannot be used with its key: {e.Message}";
        }
    }

    /// <summary>Makes a listener speak TLS 1.2 and 1.3, and over it HTTP/2 and HTTP/1.1.</summary>
    public void Secure(ListenOptions listener)
    {
        listener.Protocols = HttpProtocols.Http1AndHttp2;
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = _loaded.Context,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            }),
        });
    }

    /// <summary>Looks whether the files have changed, and takes them if they can be used.</summary>
    public void Reload()
    {
        try
        {
            // By content: a renewal may switch a link somewhere above, which no file's time shows.
            var digest = Digest();
            if (digest == _inForce && Fault is null) return;
            _loaded = Load(_certificateFile, _keyFile);
            (_inForce, Fault) = (digest, null);
            Log.Renewed(_logger, _certificateFile, ValidUntil);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            var fault = $"{_certificateFile}: {e.Message}";
            if (fault != Fault) Log.Refused(_logger, _certificateFile, e.Message);
            Fault = fault;
        }
    }

    private static Loaded Load(string certificateFile, string keyFile)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificateFile);
        if (chain.Count > 0) chain.RemoveAt(0);
        // A key that was read from a file by itself is not always one the TLS stack takes; one from a PKCS #12 store is.
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), password: null);
        return new Loaded(SslStreamCertificateContext.Create(certificate, chain, offline: true), new DateTimeOffset(certificate.NotAfter));
    }

    private string Digest() => Convert.ToHexString(SHA256.HashData([.. File.ReadAllBytes(_certificateFile), .. File.ReadAllBytes(_keyFile)]));

    private sealed record Loaded(SslStreamCertificateContext Context, DateTimeOffset ValidUntil);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The certificate in {File} was renewed; it is valid until {ValidUntil:u}")]
        public static partial void Renewed(ILogger logger, string file, DateTimeOffset validUntil);

        [LoggerMessage(2, LogLevel.Error, "The certificate in {File} was changed and cannot be used; the one before it stays in force: {Problem}")]
        public static partial void Refused(ILogger logger, string file, string problem);
    }
}
