using System.Collections.Concurrent;
using System.Reflection;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Policy;

/// <summary>The default rules of one Nova release, as <c>policies/defaults/&lt;release&gt;.yaml</c> lists them; the files are part of this assembly.</summary>
public sealed class ReleaseDefaults
{
    private const string Prefix = "Gateway.Policy.defaults.";

    private static readonly ConcurrentDictionary<string, ReleaseDefaults> Loaded = new(StringComparer.Ordinal);

    private ReleaseDefaults(string release, IReadOnlyList<RegisteredDefault> rules)
    {
        Release = release;
        Rules = rules;
    }

    /// <summary>The sets there are, oldest first.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["seed", "newton", "train", "ussuri", "wallaby", "zed", "2024.1", "2025.1", "2025.2", "2026.1"];

    public string Release { get; }

    /// <summary>In the order of the file, each name once.</summary>
    public IReadOnlyList<RegisteredDefault> Rules { get; }

    /// <summary>The set of a release, or null when there is none of this name (see <see cref="Names"/>).</summary>
    public static ReleaseDefaults? Find(string release) =>
        Names.Contains(release, StringComparer.Ordinal) ? Loaded.GetOrAdd(release, Read) : null;

    /// <summary>The text of the file, for those who want to see or to copy it.</summary>
    public static string? Text(string release)
    {
        if (!Names.Contains(release, StringComparer.Ordinal)) return null;
        using var reader = new StreamReader(Open(release));
        return reader.ReadToEnd();
    }

    private static Stream Open(string release) => Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + release + ".yaml")
        ?? throw new InvalidOperationException($"the defaults `{release}` are not part of this assembly");

    private static ReleaseDefaults Read(string release)
    {
        using var reader = new StreamReader(Open(release));
        var parser = new Parser(reader);
        parser.Consume<StreamStart>();
        parser.Consume<DocumentStart>();
        parser.Consume<MappingStart>();
        var rules = new List<RegisteredDefault>();
        while (parser.TryConsume<Scalar>(out var name)) rules.Add(Rule(parser, name.Value));
        parser.Consume<MappingEnd>();
        return new ReleaseDefaults(release, rules);
    }

    private static RegisteredDefault Rule(Parser parser, string name)
    {
        var rule = new RegisteredDefault(name, "!", [], [], null, "");
        parser.Consume<MappingStart>();
        while (parser.TryConsume<Scalar>(out var key))
        {
            rule = key.Value switch
            {
                "check" => rule with { Check = parser.Consume<Scalar>().Value },
                "scope_types" => rule with { ScopeTypes = Texts(parser) },
                "operations" => rule with { Operations = Texts(parser) },
                "deprecated" => rule with { Deprecated = Deprecated(parser) },
                "description" => rule with { Description = parser.Consume<Scalar>().Value },
                _ => throw new InvalidOperationException($"rule `{name}`: unknown key `{key.Value}`"),
            };
        }
        parser.Consume<MappingEnd>();
        return rule;
    }

    private static DeprecatedDefault Deprecated(Parser parser)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        parser.Consume<MappingStart>();
        while (parser.TryConsume<Scalar>(out var key)) texts[key.Value] = parser.Consume<Scalar>().Value;
        parser.Consume<MappingEnd>();
        return new DeprecatedDefault(texts["name"], texts["check"]);
    }

    private static List<string> Texts(Parser parser)
    {
        var texts = new List<string>();
        parser.Consume<SequenceStart>();
        while (parser.TryConsume<Scalar>(out var text)) texts.Add(text.Value);
        parser.Consume<SequenceEnd>();
        return texts;
    }
}
