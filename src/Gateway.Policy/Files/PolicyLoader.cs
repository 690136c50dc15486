using System.Security.Cryptography;
using System.Text;
using Gateway.Policy.Evaluation;
using Gateway.Policy.Language;

namespace Gateway.Policy.Files;

/// <summary>Files and defaults in, one policy or the reasons against it out. A policy is loaded whole or not at all.</summary>
internal static class PolicyLoader
{
    public static PolicyLoadResult Load(PolicyOptions options)
    {
        var findings = new List<PolicyFinding>();
        var defaults = Defaults(options.Defaults, findings);
        var files = PolicyFiles.Read(options, findings);
        var parser = options.NovaAdminFlag ? RuleParser.Nova : RuleParser.Generic;
        var fromFiles = new Dictionary<string, ReadRule>(StringComparer.Ordinal);
        var fileRules = new List<FileRule>();
        foreach (var (path, content) in files)
        {
            foreach (var rule in PolicyDocument.Read(path, content, findings))
            {
                fileRules.Add(rule);
                if (parser.ParseValue(rule.Value) is { } check) fromFiles[rule.Name] = new ReadRule(rule.Name, check, rule.Origin);
                else findings.Add(Finding(rule.Origin, "not-a-rule", Severity.Error, $"rule `{rule.Name}`: `{Python.PythonText.Str(rule.Value)}` is no rule; write a text in quotes"));
            }
        }
        var table = RuleResolution.Resolve(fromFiles, defaults, parser, options.Defaults, options);
        findings.AddRange(LoadChecks.Run(table, fileRules, fromFiles, defaults, options));
        if (findings.Any(finding => finding.Severity == Severity.Error)) return new PolicyLoadResult(null, findings);
        var set = new PolicySet(table, options, Revision(options, defaults, files)) { Sources = [.. files.Select(file => new RuleSource(file.Path, file.Content))] };
        return new PolicyLoadResult(set, findings);
    }

    internal static PolicyFinding Finding(RuleOrigin origin, string code, Severity severity, string message, int offset = -1) =>
        new(origin.File, origin.Line, origin.IsVerbatim && offset > 0 ? origin.Column + offset : origin.Column, code, severity, message);

    private static IReadOnlyList<RegisteredDefault> Defaults(string name, List<PolicyFinding> findings)
    {
        if (name == "none") return [];
        if (ReleaseDefaults.Find(name) is { } found) return found.Rules;
        findings.Add(new PolicyFinding(name, 0, 0, "unknown-defaults", Severity.Error,
            $"there are no defaults `{name}`; choose one of {string.Join(", ", ReleaseDefaults.Names)}, none"));
        return [];
    }

    /// <summary>A hash over everything that can change an answer, each piece with its length, so that no two policies give the same bytes.</summary>
    private static string Revision(PolicyOptions options, IReadOnlyList<RegisteredDefault> defaults, IReadOnlyList<(string Path, byte[] Content)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Text("options");
        Text(options.DefaultRule);
        Text($"{options.EnforceScope} {options.EnforceNewDefaults} {options.Semantics} {options.NovaAdminFlag}");
        Text("defaults");
        foreach (var rule in defaults)
        {
            Text(rule.Name);
            Text(rule.Check);
            Text(string.Join(' ', rule.ScopeTypes));
            Text(rule.Deprecated is { } former ? former.Name + "\n" + former.Check : "");
        }
        Text("files");
        foreach (var (path, content) in files)
        {
            Text(Path.GetFileName(path));
            Bytes(content);
        }
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());

        void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

        void Bytes(byte[] bytes)
        {
            hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
            hash.AppendData(bytes);
        }
    }
}
