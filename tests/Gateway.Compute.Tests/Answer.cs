using System.Text.Json;

namespace Gateway.Compute.Tests;

/// <summary>A response, read whole.</summary>
internal sealed record Answer(int Status, string Text, IReadOnlyDictionary<string, string[]> Headers)
{
    public JsonElement Body => JsonDocument.Parse(Text).RootElement;

    /// <summary>The one member of an error envelope: its name, and the message in it.</summary>
    public (string Name, string Message) Fault
    {
        get
        {
            var fault = Body.EnumerateObject().Single();
            Assert.Equal(Status, fault.Value.GetProperty("code").GetInt32());
            return (fault.Name, fault.Value.GetProperty("message").GetString()!);
        }
    }

    public string RequestId => Headers["x-compute-request-id"].Single();

    public string? Header(string name) => Headers.TryGetValue(name, out var values) ? string.Join("|", values) : null;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => header.Value.ToArray(), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
    }
}
