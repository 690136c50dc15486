using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Audit;

/// <summary>A record as an RFC 5424 message, framed by the count of its octets (RFC 6587, 3.4.1; RFC 5425, 4.3). The message is the event as it was hashed.</summary>
/// <param name="Host">HOSTNAME: this machine.</param>
/// <param name="Stream">The gateway's name in the record.</param>
/// <param name="EnterpriseNumber">Of whom the structured data is: a private enterprise number.</param>
internal sealed record SyslogMessage(string Host, string Stream, int EnterpriseNumber)
{
    private const int LogAudit = 13;
    private const string Application = "compute-gateway";

    public void Write(IBufferWriter<byte> buffer, StoredAuditEvent stored)
    {
        var header = Encoding.UTF8.GetBytes(Header(stored));
        buffer.Write(Encoding.ASCII.GetBytes((header.Length + stored.Bytes.Length).ToString(CultureInfo.InvariantCulture)));
        buffer.Write(" "u8);
        buffer.Write(header);
        buffer.Write(stored.Bytes.Span);
    }

    private string Header(StoredAuditEvent stored)
    {
        var e = stored.Event;
        var time = e.EventTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var data = $"[audit@{EnterpriseNumber} gateway=\"{Value(Stream)}\" sequence=\"{stored.Sequence}\" id=\"{Value(e.Id)}\" hash=\"{Convert.ToHexStringLower(stored.Hash.Span)}\"]";
        return string.Create(CultureInfo.InvariantCulture, $"<{(LogAudit * 8) + Severity(e.Outcome)}>1 {time} {Name(Host)} {Application} - {AuditWords.Of(e.Kind)} {data} ");
    }

    // An outcome that nobody knows is for somebody to look at; a refusal is the gateway doing its work.
    private static int Severity(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Unknown => 4,
        AuditOutcome.Failure => 5,
        _ => 6,
    };

    /// <summary>PRINTUSASCII, at most 255.</summary>
    private static string Name(string text)
    {
        var name = new string([.. text.Where(c => c is > ' ' and <= '~').Take(255)]);
        return name.Length == 0 ? "-" : name;
    }

    /// <summary>PARAM-VALUE: three characters are escaped, and nothing else may be.</summary>
    private static string Value(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);
}
