using System.Text.Json.Nodes;

namespace Gateway.Cli;

/// <summary>Prints what an identity service says of a token: the whole of it as JSON, or what matters as lines. Never the token.</summary>
internal static class TokenDescription
{
    public static void Write(Terminal terminal, JsonObject token, OutputFormat format)
    {
        if (format == OutputFormat.Json)
        {
            terminal.Out.WriteJson(token);
            return;
        }

        foreach (var (name, value) in Lines(token))
            if (value.Length > 0) terminal.Out.WriteLine($"{name,-24}{Printable.Of(value)}");
    }

    private static IEnumerable<(string Name, string Value)> Lines(JsonObject token)
    {
        yield return ("user", Named(token["user"]));
        yield return ("project", Named(token["project"]));
        yield return ("domain", Named(token["domain"]));
        yield return ("system", token["system"] is null ? "" : "all");
        yield return ("roles", string.Join(", ", Items(token["roles"]).Select(role => Text(role, "name")).Order(StringComparer.Ordinal)));
        yield return ("methods", string.Join(", ", Items(token["methods"]).Select(method => method?.ToString())));
        yield return ("application credential", Named(token["application_credential"]));
        foreach (var rule in Items(token["application_credential"]?["access_rules"]))
            yield return ("  may", $"{Text(rule, "service")}: {Text(rule, "method")} {Text(rule, "path")}");
        yield return ("issued", Text(token, "issued_at"));
        yield return ("expires", Text(token, "expires_at"));
        yield return ("audit ids", string.Join(", ", Items(token["audit_ids"]).Select(id => id?.ToString())));
    }

    /// <summary><c>alice of Default (id)</c>.</summary>
    private static string Named(JsonNode? one) => one is null ? "" : Text(one, "name") + (Text(one["domain"], "name") is { Length: > 0 } domain ? $" of {domain}" : "") + $" ({Text(one, "id")})";

    private static string Text(JsonNode? node, string name) => node is JsonObject json ? json[name]?.ToString() ?? "" : "";

    private static JsonArray Items(JsonNode? list) => list as JsonArray ?? [];
}
