using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Audit;

namespace Gateway.Auditing;

/// <summary>One place that events are sent to. Bound from <c>Audit:Sinks:NAME</c>: one of the three, and which events it gets.</summary>
internal sealed class SinkOptions
{
    public FileSinkOptions? File { get; set; }

    public SyslogSinkOptions? Syslog { get; set; }

    public WebhookSinkOptions? Webhook { get; set; }

    /// <summary>Only records of these kinds; all when empty.</summary>
    public List<AuditKind> Kinds { get; set; } = [];

    /// <summary>Only records with these outcomes; all when empty.</summary>
    public List<AuditOutcome> Outcomes { get; set; } = [];

    /// <summary>Only these actions, such as <c>update/migrate</c>, <c>delete</c> or <c>update/*</c>; all when empty.</summary>
    public List<string> Actions { get; set; } = [];

    /// <summary>Every problem: key, value, and what would be right.</summary>
    public IEnumerable<(string Key, string? Value, string Remedy)> Problems(string name)
    {
        if (name.Length > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
            yield return ("", name, "a sink's name has at most 64 of letters, digits, `.`, `_` and `-`: a file is named after it");
        if (new object?[] { File, Syslog, Webhook }.Count(one => one is not null) != 1)
            yield return ("", null, "exactly one of `File`, `Syslog` and `Webhook` is needed");
        if (File is { Path: "" }) yield return ("File:Path", null, "needed: a file, or `-` for standard output");
        foreach (var (key, value, remedy) in Syslog?.Problems() ?? []) yield return ($"Syslog:{key}", value, remedy);
        foreach (var (key, value, remedy) in Webhook?.Problems() ?? []) yield return ($"Webhook:{key}", value, remedy);
    }

    public IAuditSink Create(string stream, TimeProvider time) => this switch
    {
        { File: { Path: "-" } output } => new OutputSink(Console.Out, output.Format, stream),
        { File: { } file } => new FileSink(file.Path, file.Format, stream),
        { Syslog: { } syslog } => new SyslogSink(syslog.Receiver!, stream, time),
        _ => new WebhookSink(Webhook!.Receiver, stream, time),
    };

    internal SinkFilter Filter => new() { Kinds = Kinds, Outcomes = Outcomes, Actions = Actions };

    internal int BatchSize => Webhook?.BatchSize ?? 500;

    /// <summary>What keeps PEM files from being used; null when nothing does.</summary>
    internal static IEnumerable<(string Key, string? Value, string Remedy)> TlsProblems(string? authority, string? certificate, string? key)
    {
        foreach (var (name, file) in new[] { ("CaFile", authority), ("CertificateFile", certificate), ("KeyFile", key) })
            if (file is not null && !System.IO.File.Exists(file)) yield return (name, file, "no such file");
        if (key is not null && certificate is null) yield return ("CertificateFile", null, "needed: `KeyFile` belongs to a certificate");
        if (authority is not null && System.IO.File.Exists(authority) && Unreadable(() => new X509Certificate2Collection().ImportFromPemFile(authority)))
            yield return ("CaFile", authority, "not a PEM file of certificates");
        if (certificate is not null && System.IO.File.Exists(certificate) && (key is null || System.IO.File.Exists(key)) && Unreadable(() => X509Certificate2.CreateFromPemFile(certificate, key).Dispose()))
            yield return ("CertificateFile", certificate, "not a PEM certificate with its key, not encrypted");
    }

    private static bool Unreadable(Action read)
    {
        try
        {
            read();
            return false;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}

/// <summary>A file of lines.</summary>
internal sealed class FileSinkOptions
{
    /// <summary>The file; <c>-</c> is standard output.</summary>
    public string Path { get; set; } = "";

    public SinkFormat Format { get; set; }
}

/// <summary>A syslog receiver.</summary>
internal sealed class SyslogSinkOptions
{
    /// <summary><c>tcp://host:port</c> or <c>tls://host:port</c>.</summary>
    public string Address { get; set; } = "";

    /// <summary>The authorities whose certificates the receiver may have, in PEM; not set: the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary>The gateway's own certificate, in PEM, if the receiver wants one.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>Its key, in PEM; not set: in the certificate's file.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Whose the structured data is. Not set: the number that RFC 5612 keeps for examples.</summary>
    public int EnterpriseNumber { get; set; } = 32473;

    internal SyslogReceiver? Receiver =>
        Uri.TryCreate(Address, UriKind.Absolute, out var address) && address is { Scheme: "tcp" or "tls", Port: > 0, UserInfo: "", PathAndQuery: "/" or "", Host.Length: > 0 }
            ? new SyslogReceiver(address.IdnHost, address.Port) { IsSecure = address.Scheme == "tls", CaFile = CaFile, CertificateFile = CertificateFile, KeyFile = KeyFile, EnterpriseNumber = EnterpriseNumber }
            : null;

    public IEnumerable<(string Key, string? Value, string Remedy)> Problems()
    {
        if (Receiver is null) yield return ("Address", Address.Contains('@', StringComparison.Ordinal) ? null : Address, "must be such as `tcp://logs.example:601` or `tls://logs.example:6514`");
        if (EnterpriseNumber < 1) yield return ("EnterpriseNumber", EnterpriseNumber.ToString(System.Globalization.CultureInfo.InvariantCulture), "must be a private enterprise number, from 1 up");
        if (Receiver is { IsSecure: false } && (CaFile ?? CertificateFile ?? KeyFile) is not null) yield return ("Address", Address, "certificates belong to a `tls://` address");
        foreach (var problem in SinkOptions.TlsProblems(CaFile, CertificateFile, KeyFile)) yield return problem;
    }
}

/// <summary>How a webhook's body holds its records.</summary>
internal enum WebhookBody
{
    /// <summary>One JSON array.</summary>
    Array,

    /// <summary>NDJSON.</summary>
    Lines,
}

/// <summary>A receiver of HTTP requests.</summary>
internal sealed class WebhookSinkOptions
{
    public string Address { get; set; } = "";

    public SinkFormat Format { get; set; }

    public WebhookBody Body { get; set; }

    /// <summary>A file with the whole value of <c>Authorization</c>, such as <c>Bearer …</c>.</summary>
    public string? AuthorizationFile { get; set; }

    /// <summary>A file with the secret that signs each request.</summary>
    public string? SecretFile { get; set; }

    /// <summary>The authorities whose certificates the receiver may have, in PEM; not set: the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary>Most records in one request.</summary>
    public int BatchSize { get; set; } = 100;

    /// <summary>How long an answer is waited for.</summary>
    public int TimeoutSeconds { get; set; } = 30;

    internal WebhookReceiver Receiver => new(new Uri(Address))
    {
        Format = Format,
        AsLines = Body == WebhookBody.Lines,
        AuthorizationFile = AuthorizationFile,
        SecretFile = SecretFile,
        CaFile = CaFile,
        Timeout = TimeSpan.FromSeconds(TimeoutSeconds),
    };

    public IEnumerable<(string Key, string? Value, string Remedy)> Problems()
    {
        // An address with a password in it is not shown.
        if (!Uri.TryCreate(Address, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
            yield return ("Address", Address.Contains('@', StringComparison.Ordinal) ? null : Address, "must be an http or https address without credentials: those belong in `AuthorizationFile`");
        if (AuthorizationFile is not null && !File.Exists(AuthorizationFile)) yield return ("AuthorizationFile", AuthorizationFile, "no such file");
        if (SecretFile is not null && SecretProblem(SecretFile) is { } secret) yield return ("SecretFile", SecretFile, secret);
        if (BatchSize is < 1 or > 10_000) yield return ("BatchSize", $"{BatchSize}", "must lie between 1 and 10000");
        if (TimeoutSeconds is < 1 or > 600) yield return ("TimeoutSeconds", $"{TimeoutSeconds}", "must lie between 1 and 600");
        foreach (var problem in SinkOptions.TlsProblems(CaFile, null, null)) yield return problem;
    }

    private static string? SecretProblem(string file)
    {
        try
        {
            WebhookSecret.Read(file);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "cannot be read";
        }
    }
}
