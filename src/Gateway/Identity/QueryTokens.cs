using Gateway.FrontDoor;

namespace Gateway.Identity;

/// <summary>
/// Query parameters that carry a token. They are refused, as a query stands in the logs of everything it passes; and what stands in our own record
/// is the name alone.
/// </summary>
internal static class QueryTokens
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "token", "access_token", "auth_token", "id_token", "bearer_token", "bearer", "authorization", "x_auth_token", "x_subject_token", "x_service_token",
        "x_storage_token",
    };

    /// <summary>The refusal of a request whose query holds a token; null when it holds none.</summary>
    public static Refusal? Refuse(string? query)
    {
        if (query is not { Length: > 1 }) return null;
        foreach (var pair in query.AsSpan(1).SplitAny('&', ';'))
        {
            if (NameOf(query.AsSpan(1)[pair]) is not { } name) continue;
            return Refusal.BadRequest("token_in_query", $"A token in the query ('{name}') is not accepted: send it in the header '{ProtectedHeaders.AuthToken}'");
        }

        return null;
    }

    /// <summary>A target, as sent, with the values of such parameters left out.</summary>
    public static string Hide(string target)
    {
        var question = target.IndexOf('?', StringComparison.Ordinal);
        if (question < 0 || Refuse(target[question..]) is null) return target;
        var shown = new System.Text.StringBuilder(target, 0, question + 1, target.Length);
        var rest = target.AsSpan(question + 1);
        foreach (var pair in rest.SplitAny('&', ';'))
        {
            var text = rest[pair];
            if (pair.Start.GetOffset(rest.Length) > 0) shown.Append(rest[pair.Start.GetOffset(rest.Length) - 1]);
            if (NameOf(text) is null) shown.Append(text);
            else shown.Append(text[..Math.Max(0, text.IndexOf('='))]).Append("=***");
        }

        return shown.ToString();
    }

    /// <summary>The parameter's name when it carries a token.</summary>
    private static string? NameOf(ReadOnlySpan<char> pair)
    {
        var equals = pair.IndexOf('=');
        var name = Uri.UnescapeDataString((equals < 0 ? pair : pair[..equals]).ToString().Replace('+', ' ')).Trim();
        return equals >= 0 && Names.Contains(name.Replace('-', '_')) ? name : null;
    }
}
