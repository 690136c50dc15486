using Gateway.Policy.Files;

namespace Gateway.Policy.Linting;

/// <summary>Reads a policy file's text for the tools that rewrite or judge it.</summary>
internal static class DocumentReading
{
    public static IReadOnlyList<FileRule> Read(string file, byte[] content, List<PolicyFinding> findings)
    {
        try
        {
            return PolicyDocument.Read(file, content, findings);
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's scanner gives up like this on some texts that are no YAML.
            findings.Add(new PolicyFinding(file, 0, 0, "yaml-syntax", Severity.Error, "this is not YAML; look for stray `|`, `>`, `...` or brackets"));
            return [];
        }
    }
}
