using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Exchanges;

/// <summary>What a client asked of a compute service, and what it was answered: what of it means something, as it stood on the wire.</summary>
/// <param name="As">Who asked.</param>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">The request's headers that a compute service reads.</param>
/// <param name="Body">The request's body.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="AnswerHeaders">The answer's headers, except those of the connection and the clock.</param>
/// <param name="AnswerBody">The answer's body.</param>
internal sealed partial record Exchange(
    string As, string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body, int Status,
    IReadOnlyDictionary<string, string[]> AnswerHeaders, string AnswerBody)
{
    /// <summary>Request headers that are recorded; who asks is said by <see cref="As"/>.</summary>
    public static readonly string[] RequestHeaders = ["Accept", "Content-Type", "Host", "OpenStack-API-Version", "User-Agent", "X-OpenStack-Nova-API-Version"];

    /// <summary>Answer headers that belong to one connection, or to the moment.</summary>
    public static readonly HashSet<string> PassingHeaders = new(StringComparer.OrdinalIgnoreCase) { "Connection", "Content-Length", "Date", "Transfer-Encoding" };

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The request without what differs from one server to the next.</summary>
    public string Shape => $"{As} {Method} {Id().Replace(Target, "{id}")} {Status}";

    public static string PathOf(string file) => Path.Combine(Repository.Root, "tests", "Gateway.EndToEnd", "Exchanges", file);

    public static IReadOnlyList<Exchange> Read(string file) => JsonSerializer.Deserialize<Exchange[]>(File.ReadAllText(PathOf(file)), Json)!;

    public static void Write(string file, IReadOnlyList<Exchange> exchanges) => File.WriteAllText(PathOf(file), JsonSerializer.Serialize(exchanges, Json) + "\n");

    [GeneratedRegex("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", RegexOptions.ExplicitCapture)]
    private static partial Regex Id();
}
