using System.CommandLine;
using Gateway.Audit;

namespace Gateway.Cli;

internal enum AuditFormat
{
    Pretty,
    Json,
    Csv,
}

/// <summary>Events as a table, as JSON lines, or as CSV that a spreadsheet takes for text and never for a formula.</summary>
internal static class AuditOutput
{
    public static Option<AuditFormat> CreateOption() => new("--format")
    {
        Description = "For people (the default), one JSON value a line, or CSV.",
        HelpName = "pretty|json|csv",
        CustomParser = result =>
        {
            if (Enum.TryParse<AuditFormat>(result.Tokens[0].Value, ignoreCase: true, out var format)) return format;
            result.AddError($"--format: no format `{result.Tokens[0].Value}`: write `pretty`, `json` or `csv`");
            return default;
        },
    };

    public static void Write(TextWriter writer, AuditFormat format, IReadOnlyList<StoredAuditEvent> events)
    {
        switch (format)
        {
            case AuditFormat.Json:
                foreach (var stored in events) writer.WriteJson(AuditRow.Json(stored));
                break;
            case AuditFormat.Csv:
                writer.Write(Csv(AuditRow.Headings));
                foreach (var stored in events) writer.Write(Csv(AuditRow.Cells(stored)));
                break;
            default:
                Table.Write(writer, [AuditRow.Headings, .. events.Select(AuditRow.Cells)]);
                break;
        }
    }

    /// <summary>One line of CSV (RFC 4180). A cell that a spreadsheet would compute gets an apostrophe, which makes it text.</summary>
    internal static string Csv(IReadOnlyList<string> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    private static string Cell(string text)
    {
        var safe = text.TrimStart() is ['=' or '+' or '-' or '@' or '\t' or '\r', _, ..] && text != "-" ? $"'{text}" : text;
        return $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
