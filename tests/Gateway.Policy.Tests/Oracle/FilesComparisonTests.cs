using System.Text;
using Gateway.Policy.Files;

namespace Gateway.Policy.Tests;

/// <summary>Files on disk, read by the original and by ours: which file wins, what YAML makes of a scalar, what a comment or a quote does to a rule.</summary>
public sealed class FilesComparisonTests
{
    private const int Sets = 400;

    [Fact]
    public void Decides_by_files_as_the_original_does()
    {
        var generator = new Generator(20260106);
        var sets = new List<(string? Main, Dictionary<string, object?> Directory, Dictionary<string, object?> Creds, Dictionary<string, object?> Target)>();
        for (var i = 0; i < Sets; i++)
        {
            var directory = new Dictionary<string, object?>();
            foreach (var name in (string[])["10-a.yaml", "20-b.yml", "05.json"])
            {
                if (generator.Next(3) == 0) directory[name] = File(generator, isJson: name.EndsWith("json", StringComparison.Ordinal));
            }
            sets.Add((generator.Next(5) == 0 ? null : File(generator, generator.Next(4) == 0), directory, generator.Creds(), generator.Target()));
        }
        var answers = OsloOracle.Ask(sets.Select(set => Json.Dump(Json.Map(
            ("ask", "files"), ("main", set.Main), ("directory", set.Directory), ("action", "t"), ("creds", set.Creds), ("target", set.Target)))));
        var differences = new List<string>();
        var refused = 0;
        for (var i = 0; i < Sets; i++)
        {
            var expected = answers[i].ToString().ToLowerInvariant();
            var actual = Ours(sets[i].Main, sets[i].Directory, sets[i].Creds, sets[i].Target);
            if (actual == "refused")
            {
                refused++;
                continue;
            }
            if (actual != expected) differences.Add($"{sets[i].Main}\n{string.Join('\n', sets[i].Directory.Values)}: the original {expected}, ours {actual}");
        }
        Assert.True(differences.Count == 0, $"{differences.Count} differences, among them:\n{string.Join("\n----\n", differences.OrderBy(text => text.Length).Take(8))}");
        Assert.InRange(refused, 1, Sets / 2);
    }

    /// <summary>The answer, or that the files are refused whole (doubled names, values that are no rules): the loader's own tests say when.</summary>
    private static string Ours(string? main, Dictionary<string, object?> directory, Dictionary<string, object?> creds, Dictionary<string, object?> target)
    {
        using var files = new PolicyDirectory();
        Directory.CreateDirectory(Path.Combine(files.Root, "policy.d"));
        foreach (var (name, text) in directory) files.Write("policy.d/" + name, (string)text!);
        var loaded = PolicySet.Load(new PolicyOptions
        {
            PolicyFile = main is null ? null : files.Write("policy.yaml", main),
            PolicyDirectories = [Path.Combine(files.Root, "policy.d")],
            Defaults = "none",
            Semantics = Semantics.Oslo,
            NovaAdminFlag = false,
        });
        if (loaded.Set is not { } policy) return "refused";
        // Through JSON, as the original gets them.
        var line = System.Text.Json.JsonDocument.Parse(Json.Dump(Json.Map(("creds", creds), ("target", target)))).RootElement;
        var decision = policy.Decide("t", new Credentials(JsonValues.Mapping(line.GetProperty("creds"))), new TargetAttributes(JsonValues.Mapping(line.GetProperty("target"))));
        const string Error = "check_error:";
        return decision.Reason.StartsWith(Error, StringComparison.Ordinal) ? "error:" + decision.Reason[Error.Length..].ToLowerInvariant() : decision.Allowed ? "true" : "false";
    }

    private static string File(Generator generator, bool isJson)
    {
        var rules = new Dictionary<string, object?>();
        foreach (var name in (string[])["t", "r0", "r1", "default"])
        {
            if (generator.Next(2) == 0) rules[name] = generator.Next(6) == 0 ? generator.ListForm() : generator.WellFormed(1);
        }
        if (isJson) return Json.Dump(rules);
        var text = new StringBuilder(generator.Pick(["", "# a comment\n", "---\n", "%YAML 1.1\n---\n", "\n\n"]));
        foreach (var (name, value) in rules) text.Append(Key(generator, name)).Append(": ").Append(Scalar(generator, value)).Append(generator.Pick(["\n", " # why\n", "\n\n"]));
        if (generator.Next(12) == 0) text.Append("t: ").Append(generator.Pick(["off", "~", "!", "yes", "0", "1", "0x10", "2026-01-01", "[]", "{}", "", "'@'", "\"!\"", "nO", "no", "1_000", ".inf"])).Append('\n');
        return text.ToString();
    }

    private static string Key(Generator generator, string name) => generator.Pick([name, $"\"{name}\"", $"'{name}'", "? " + name + "\n"]);

    private static string Scalar(Generator generator, object? value)
    {
        if (value is not string text) return Json.Dump(value);
        return generator.Next(4) switch
        {
            0 => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'",
            1 => Json.Dump(text),
            2 => ">-\n  " + text,
            _ when text[0] is '!' or '@' or '%' or '\'' or '"' or '#' or '{' or '[' or '-' or '?' or ':' || text.Contains(": ", StringComparison.Ordinal) || text.Contains(" #", StringComparison.Ordinal)
                || text.EndsWith(':') => Json.Dump(text),
            _ => text,
        };
    }
}
