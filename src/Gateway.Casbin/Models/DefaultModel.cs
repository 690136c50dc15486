using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>A model.conf, read and checked: what a request and a row consist of, how they match, how effects combine.</summary>
public sealed class DefaultModel
{
    private static readonly string[] Required = ["request_definition", "policy_definition", "policy_effect", "matchers"];

    private DefaultModel(string file, Dictionary<string, ImmutableArray<ModelConf.Entry>> sections)
    {
        File = file;
        var missing = Required
            .Where(name => !sections.TryGetValue(name, out var entries) || entries.IsEmpty)
            .ToList();
        if (missing.Count > 0)
            throw CasbinException.At(file, $"missing {string.Join(", ", missing.Select(name => $"`[{name}]`"))}");

        Requests = Read(sections["request_definition"], "r", entry => ParseTokens(entry, Frame.Capacity));
        Policies = Read(sections["policy_definition"], "p", entry => ParseTokens(entry, int.MaxValue));
        Effects = Read(sections["policy_effect"], "e", PolicyEffects.Parse);
        Matchers = Read(sections["matchers"], "m", entry => new MatcherDefinition(entry.Key, entry.Value, ExpressionParser.Parse(entry.Value)));
        RoleWidths = sections.TryGetValue("role_definition", out var roles) ? Read(roles, "g", ParseWidth) : FrozenDictionary<string, int>.Empty;
        RoleTypes = [.. RoleWidths.Keys.OrderBy(key => key.Length).ThenBy(key => key, StringComparer.Ordinal)];
    }

    internal string File { get; }

    internal FrozenDictionary<string, ImmutableArray<string>> Requests { get; }

    internal FrozenDictionary<string, ImmutableArray<string>> Policies { get; }

    internal FrozenDictionary<string, PolicyEffect> Effects { get; }

    internal FrozenDictionary<string, MatcherDefinition> Matchers { get; }

    /// <summary>How many columns a row of each role definition has: 2, or 3 with a domain.</summary>
    internal FrozenDictionary<string, int> RoleWidths { get; }

    /// <summary>`g`, `g2`, ...; a role graph is found by its place in this list.</summary>
    internal ImmutableArray<string> RoleTypes { get; }

    /// <summary>Reads a model from text.</summary>
    /// <param name="text">The text of a model.conf.</param>
    /// <param name="name">How messages call it.</param>
    /// <exception cref="CasbinException">The text is not a model; the message has file, line and remedy.</exception>
    public static DefaultModel CreateFromText(string text, string name = "model.conf") => new(name, ModelConf.Parse(text, name));

    /// <summary>Reads a model from a UTF-8 file.</summary>
    /// <exception cref="CasbinException">The file cannot be read or is not a model.</exception>
    public static DefaultModel CreateFromFile(string path) => CreateFromText(FileAdapter.ReadText(path), path);

    /// <summary>The fields of a request, such as `sub`, `obj`, `act`.</summary>
    public ImmutableArray<string> RequestFields(string requestType = "r") => Find(Requests, requestType, "request_definition");

    /// <summary>The fields of a policy row.</summary>
    public ImmutableArray<string> PolicyFields(string policyType = "p") => Find(Policies, policyType, "policy_definition");

    private ImmutableArray<string> Find(FrozenDictionary<string, ImmutableArray<string>> definitions, string key, string section) =>
        definitions.TryGetValue(key, out var tokens) ? tokens : throw CasbinException.At(File, $"`{key}` is not in `[{section}]`");

    private static FrozenDictionary<string, T> Read<T>(ImmutableArray<ModelConf.Entry> entries, string letter, Func<ModelConf.Entry, T> parse)
    {
        var keys = entries.Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        for (var i = 1; i <= entries.Length; i++)
        {
            // Casbin stops reading at the first number left out; what follows would be ignored without a word.
            var expected = i == 1 ? letter : $"{letter}{i}";
            if (!keys.Contains(expected))
            {
                var stray = entries.First(entry => !IsNumbered(entry.Key, letter, i));
                throw CasbinException.At(stray.Place, $"`{stray.Key}` would never be read: keys are `{letter}`, `{letter}2`, `{letter}3`, ... without a gap, and `{expected}` is missing");
            }
        }

        return entries.ToFrozenDictionary(entry => entry.Key, parse, StringComparer.Ordinal);
    }

    private static bool IsNumbered(string key, string letter, int below)
    {
        for (var i = 1; i < below; i++)
        {
            if (key == (i == 1 ? letter : $"{letter}{i}"))
                return true;
        }

        return false;
    }

    private static ImmutableArray<string> ParseTokens(ModelConf.Entry entry, int most)
    {
        var tokens = entry.Value.Text.Split(',', StringSplitOptions.TrimEntries).ToImmutableArray();
        foreach (var token in tokens)
        {
            if (!ExpressionLexer.IsName(token))
                throw CasbinException.At(entry.Place, $"`{token}` in `{entry.Key}` is not a field name; use letters, digits and `_`, separated by commas");
        }

        if (tokens.Distinct(StringComparer.Ordinal).Count() != tokens.Length)
            throw CasbinException.At(entry.Place, $"`{entry.Key}` names a field twice");
        return tokens.Length <= most
            ? tokens
            : throw CasbinException.At(entry.Place, $"`{entry.Key}` has {tokens.Length} fields; a request has at most {most}");
    }

    private static int ParseWidth(ModelConf.Entry entry)
    {
        var parts = entry.Value.Text.Split(',', StringSplitOptions.TrimEntries);
        return parts.Length is 2 or 3 && parts.All(part => part == "_")
            ? parts.Length
            : throw CasbinException.At(entry.Place, $"`{entry.Key} = {entry.Value.Text}` is not supported; write `_, _` or, with a domain, `_, _, _`");
    }
}

/// <summary>A matcher and its parsed form.</summary>
internal sealed record MatcherDefinition(string Key, SourceText Source, Syntax Root);
