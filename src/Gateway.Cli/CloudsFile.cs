using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Cli;

/// <summary>
/// The clouds of a <c>clouds.yaml</c>, as the OpenStack clients read it: settings below <c>auth</c> and beside it are one flat list, and a
/// <c>secure.yaml</c> adds to them.
/// </summary>
internal sealed class CloudsFile
{
    private static readonly string[] Folders = [".", "config"];
    private static readonly string[] Extensions = [".yaml", ".yml"];

    private readonly Dictionary<string, Dictionary<string, string>> _clouds;

    private CloudsFile(string path, Dictionary<string, Dictionary<string, string>> clouds) => (Path, _clouds) = (path, clouds);

    /// <summary>The path as found: relative where it was looked for below the working directory.</summary>
    public string Path { get; }

    public IEnumerable<string> Names => _clouds.Keys;

    public IReadOnlyDictionary<string, string>? Find(string cloud) => _clouds.GetValueOrDefault(cloud);

    /// <summary>
    /// Looks in <c>OS_CLIENT_CONFIG_FILE</c>, then for clouds.yaml in the working directory, its <c>config</c> folder, the user's
    /// <c>~/.config/openstack</c> and <c>/etc/openstack</c>; null when there is none.
    /// </summary>
    /// <exception cref="CommandFault">The file named by the variable is missing, or the file found cannot be read.</exception>
    public static CloudsFile? Find(Terminal terminal)
    {
        if (Locate("clouds", "OS_CLIENT_CONFIG_FILE", terminal) is not { } path) return null;
        var clouds = Read(path, terminal);
        if (Locate("secure", "OS_CLIENT_SECURE_FILE", terminal) is { } secure)
        {
            foreach (var (name, secrets) in Read(secure, terminal))
            {
                if (!clouds.TryGetValue(name, out var settings)) continue;
                foreach (var (key, value) in secrets) settings[key] = value;
            }
        }

        return new CloudsFile(path, clouds);
    }

    private static string? Locate(string name, string variable, Terminal terminal)
    {
        if (terminal.Variable(variable) is { } named)
        {
            return File.Exists(terminal.Resolve(named))
                ? named
                : throw new CommandFault(ExitCode.Usage, $"{variable}: there is no file `{named}`: name one, or unset the variable");
        }

        var folders = Folders.ToList();
        var home = terminal.Variable("HOME") ?? terminal.Variable("USERPROFILE");
        if ((terminal.Variable("XDG_CONFIG_HOME") ?? (home is null ? null : System.IO.Path.Combine(home, ".config"))) is { } config)
            folders.Add(System.IO.Path.Combine(config, "openstack"));
        folders.Add("/etc/openstack");
        return folders
            .SelectMany(folder => Extensions.Select(extension => folder == "." ? $"{name}{extension}" : $"{folder}/{name}{extension}"))
            .FirstOrDefault(path => File.Exists(terminal.Resolve(path)));
    }

    private static Dictionary<string, Dictionary<string, string>> Read(string path, Terminal terminal)
    {
        try
        {
            using var reader = new StreamReader(terminal.Resolve(path));
            var yaml = new YamlStream();
            yaml.Load(reader);
            var clouds = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
            if (yaml.Documents.Count == 0) return clouds;
            var root = Mapping(yaml.Documents[0].RootNode, path, "the file");
            if (!root.Children.TryGetValue(new YamlScalarNode("clouds"), out var entries)) return clouds;
            foreach (var (name, entry) in Mapping(entries, path, "`clouds`").Children)
                clouds[name.ToString()] = Flatten(Mapping(entry, path, $"cloud `{name}`"), path);
            return clouds;
        }
        catch (YamlException fault)
        {
            throw new CommandFault(ExitCode.Usage, $"{path}:{fault.Start.Line}:{fault.Start.Column}: not valid YAML: {fault.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, $"{path}: cannot be read: {fault.Message}");
        }
    }

    private static Dictionary<string, string> Flatten(YamlMappingNode cloud, string path)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        Take(cloud);
        if (cloud.Children.TryGetValue(new YamlScalarNode("auth"), out var auth)) Take(Mapping(auth, path, "`auth`"));
        return settings;

        // What is not a plain value (lists of regions, nested options) does not matter for logging in.
        void Take(YamlMappingNode from)
        {
            foreach (var (key, value) in from.Children)
                if (key is YamlScalarNode { Value: { } name } && value is YamlScalarNode { Value: { Length: > 0 } text }) settings[name] = text;
        }
    }

    private static YamlMappingNode Mapping(YamlNode node, string path, string what) => node as YamlMappingNode
        ?? throw new CommandFault(ExitCode.Usage, $"{path}:{node.Start.Line}:{node.Start.Column}: {what} is not a mapping: write `key: value` lines");
}
