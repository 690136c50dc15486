using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Cli;

internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Pretty,

    /// <summary>For programs: one JSON value a line, never wrapped.</summary>
    Json,
}

/// <summary>The option <c>--format</c>, the same for every command that has it.</summary>
internal static class FormatOption
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Option<OutputFormat> Create()
    {
        var option = new Option<OutputFormat>("--format")
        {
            Description = "For people (the default), or one JSON value a line.",
            HelpName = "pretty|json",
            CustomParser = result =>
            {
                switch (result.Tokens[0].Value)
                {
                    case "pretty": return OutputFormat.Pretty;
                    case "json": return OutputFormat.Json;
                    default:
                        result.AddError($"--format: no format `{result.Tokens[0].Value}`: write `pretty` or `json`");
                        return default;
                }
            },
        };
        return option;
    }

    public static void WriteJson(this TextWriter writer, JsonNode value) => writer.WriteLine(value.ToJsonString(OneLine));
}
