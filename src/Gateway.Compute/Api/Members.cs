using System.Text.Json;

namespace Gateway.Compute.Api;

internal static class Members
{
    /// <summary>The members of an object; of two with one name the last counts, as in Python.</summary>
    public static Dictionary<string, JsonElement> Of(JsonElement value)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
            members[member.Name] = member.Value;
        return members;
    }
}
