using System.Collections;

namespace Gateway.Cli;

/// <summary>Where the program runs: its output, its environment variables, its working directory.</summary>
internal sealed record Terminal(TextWriter Out, TextWriter Error, IReadOnlyDictionary<string, string> Variables, string WorkingDirectory)
{
    public static Terminal OfThisProcess() => new(
        Console.Out,
        Console.Error,
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "", StringComparer.Ordinal),
        Directory.GetCurrentDirectory());

    /// <summary>An environment variable; null when it is not set, or set to nothing.</summary>
    public string? Variable(string name) => Variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>A path as the user meant it, against the working directory.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, WorkingDirectory);
}
