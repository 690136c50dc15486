using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Gateway.Cli;

/// <summary>One line of a report that build servers read.</summary>
/// <param name="Level"><c>error</c>, <c>warning</c> or <c>note</c>; null for a test that passed.</param>
/// <param name="Code">What kind of finding it is.</param>
/// <param name="Name">The name of the test it stands for.</param>
internal sealed record PolicyReportLine(string File, int Line, int Column, string? Level, string Code, string Name, string Message);

/// <summary>The formats of build servers.</summary>
internal static class PolicyReports
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Workflow commands of GitHub Actions.</summary>
    public static void WriteGithub(this TextWriter writer, IEnumerable<PolicyReportLine> lines)
    {
        foreach (var line in lines.Where(line => line.Level is not null))
        {
            var place = line.File.Length == 0 ? "" : $"file={Property(line.File)},{(line.Line > 0 ? $"line={line.Line}," : "")}{(line.Column > 0 ? $"col={line.Column}," : "")}";
            writer.WriteLine($"::{(line.Level == "note" ? "notice" : line.Level)} {place}title={Property($"{line.Code} {line.Name}")}::{Data(line.Message)}");
        }
    }

    private static string Data(string text) => text.Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);

    /// <summary>A JUnit document; a note is no failure.</summary>
    public static void WriteJunit(this TextWriter writer, string suite, IReadOnlyList<PolicyReportLine> lines)
    {
        var failures = lines.Count(IsFailure);
        var document = new XElement("testsuites",
            new XElement("testsuite", new XAttribute("name", suite), new XAttribute("tests", lines.Count), new XAttribute("failures", failures),
                lines.Select(line => new XElement("testcase",
                    new XAttribute("classname", line.File), new XAttribute("name", XmlText(line.Name)),
                    IsFailure(line) ? new XElement("failure", new XAttribute("type", line.Code), new XAttribute("message", XmlText(line.Message)), XmlText($"{line.File}:{line.Line}:{line.Column}: {line.Message}")) : null))));
        writer.WriteLine("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        writer.WriteLine(document.ToString());
    }

    private static bool IsFailure(PolicyReportLine line) => line.Level is "error" or "warning";

    private static string XmlText(string text) => new([.. text.Where(System.Xml.XmlConvert.IsXmlChar)]);

    /// <summary>A SARIF 2.1.0 document.</summary>
    public static void WriteSarif(this TextWriter writer, IEnumerable<(string Code, string Name, string Level, string Summary)> rules, IEnumerable<PolicyReportLine> lines)
    {
        var document = new JsonObject
        {
            ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(new JsonObject
            {
                ["tool"] = new JsonObject
                {
                    ["driver"] = new JsonObject
                    {
                        ["name"] = "gatewayctl policy lint",
                        ["rules"] = new JsonArray([.. rules.Select(rule => (JsonNode)new JsonObject
                        {
                            ["id"] = rule.Code,
                            ["name"] = rule.Name,
                            ["shortDescription"] = new JsonObject { ["text"] = rule.Summary },
                            ["defaultConfiguration"] = new JsonObject { ["level"] = rule.Level },
                        })]),
                    },
                },
                ["results"] = new JsonArray([.. lines.Select(line => (JsonNode)Result(line))]),
            }),
        };
        writer.WriteLine(document.ToJsonString(Indented));
    }

    private static JsonObject Result(PolicyReportLine line)
    {
        var place = new JsonObject { ["artifactLocation"] = new JsonObject { ["uri"] = line.File } };
        if (line.Line > 0)
        {
            var region = new JsonObject { ["startLine"] = line.Line };
            if (line.Column > 0) region["startColumn"] = line.Column;
            place["region"] = region;
        }
        return new JsonObject
        {
            ["ruleId"] = line.Code,
            ["level"] = line.Level,
            ["message"] = new JsonObject { ["text"] = line.Message },
            ["locations"] = new JsonArray(new JsonObject { ["physicalLocation"] = place }),
        };
    }
}
