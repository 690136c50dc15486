using System.Text.Json;

namespace Gateway.Actions;

/// <summary>A dotted path into a body: `server.networks`.</summary>
internal static class BodyPath
{
    /// <summary>The value at the path, null when a part of the path is not there.</summary>
    public static BodyValue? Find(BodyValue body, string path)
    {
        var value = body;
        foreach (var part in path.AsSpan().Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(path.AsSpan()[part], out value))
                return null;
        }

        return value;
    }
}
