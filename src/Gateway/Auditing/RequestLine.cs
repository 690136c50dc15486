using Gateway.Actions;

namespace Gateway.Auditing;

/// <summary>A request target as the record keeps it.</summary>
internal static class RequestLine
{
    /// <summary>Without the values of query parameters that are secret by their name.</summary>
    public static string WithoutSecrets(string target, Redaction redaction)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        if (question < 0) return target;
        var query = target[(question + 1)..].Split('&').Select(part =>
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) return part;
            var name = Uri.UnescapeDataString(part[..equals].Replace('+', ' '));
            return SecretNames.Contains(name, redaction.Secrets) || SecretText.IsIn(Uri.UnescapeDataString(part[(equals + 1)..]))
                ? $"{part[..equals]}={Redactor.Marker}"
                : part;
        });
        return $"{target[..question]}?{string.Join('&', query)}";
    }
}
