using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Policy.Analysis;

/// <summary>A caller and a target by which a difference can be seen: with as few roles and unusual attributes as possible.</summary>
/// <param name="Credentials">The caller's attributes, as <see cref="Gateway.Policy.Credentials"/> takes them.</param>
/// <param name="Target">The target's attributes.</param>
/// <param name="RemoteAnswers">What the services named by <c>http:</c> and <c>https:</c> checks answer: address to <c>True</c>, <c>False</c> or <c>fault</c>.</param>
/// <param name="IsOrdinaryToken">Whether an identity service issues such a token: one for a project, a domain or the system, not for two of them.</param>
public sealed record PolicyWitness(
    IReadOnlyDictionary<string, object?> Credentials,
    IReadOnlyDictionary<string, object?> Target,
    IReadOnlyDictionary<string, string> RemoteAnswers,
    bool IsOrdinaryToken)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>{"roles":[],"project_id":"project-1"} on {"project_id":"project-2"}</c></summary>
    public override string ToString()
    {
        var answers = RemoteAnswers.Count == 0 ? "" : $" when {string.Join(", ", RemoteAnswers.Select(answer => $"{answer.Key} answers {answer.Value}"))}";
        return $"{JsonSerializer.Serialize(Credentials, Json)} on {JsonSerializer.Serialize(Target, Json)}{answers}";
    }
}
