using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace Gateway.EndToEnd.Attacks;

/// <summary>The bodies of errors that clients of a compute API can read.</summary>
internal static class FaultShape
{
    private static readonly Dictionary<int, string> Names = new()
    {
        [400] = "badRequest",
        [403] = "forbidden",
        [404] = "itemNotFound",
        [405] = "badMethod",
        [409] = "conflictingRequest",
        [413] = "overLimit",
        [415] = "badMediaType",
        [429] = "overLimit",
        [501] = "notImplemented",
        [503] = "serviceUnavailable",
    };

    /// <summary>What the fault says, once it has been found to be one.</summary>
    public static string MessageOf(RawAnswer answer)
    {
        Assert.True(answer.HasRequestIds, answer.ToString());
        var status = $"{answer.Status} {ReasonPhrases.GetReasonPhrase(answer.Status)}";
        if (answer.Header("Content-Type") == "text/plain; charset=UTF-8")
        {
            // What the router and the size limit answer, before the API is reached.
            Assert.Contains(answer.Status, new[] { 404, 413 });
            Assert.StartsWith($"{status}\n\n", answer.Body, StringComparison.Ordinal);
            return answer.Body[(status.Length + 2)..^1];
        }

        Assert.Equal("application/json; charset=UTF-8", answer.Header("Content-Type"));
        var (name, fault) = Assert.Single(JsonNode.Parse(answer.Body, null, new JsonDocumentOptions { AllowDuplicateProperties = false })!.AsObject());
        Assert.Equal(answer.Status == 401 ? "error" : Names.GetValueOrDefault(answer.Status, "computeFault"), name);
        Assert.Equal(answer.Status, (int?)fault!["code"]);
        var message = (string)fault["message"]!;
        Assert.NotEmpty(message);
        Assert.DoesNotContain(message, char.IsControl);
        return message;
    }
}
