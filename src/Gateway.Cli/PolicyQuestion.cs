using System.CommandLine;
using System.Text.Json;
using Gateway.Policy;
using Gateway.Policy.Files;

namespace Gateway.Cli;

/// <summary>The options that say who asks and of what: JSON as it is, or in files, also the access information that oslopolicy-checker reads.</summary>
internal sealed class PolicyQuestion(Terminal terminal)
{
    private readonly Option<string?> _creds = new("--creds") { Description = "The caller's attributes: a JSON object, or a file of one.", HelpName = "JSON|FILE" };

    private readonly Option<string?> _access = new("--access") { Description = "The caller as Keystone describes a token, {\"token\": {…}}, as oslopolicy-checker takes it.", HelpName = "JSON|FILE" };

    private readonly Option<string?> _target = new("--target") { Description = "The target's attributes; nested ones are joined by dots. Without it the caller's own project and user.", HelpName = "JSON|FILE" };

    private readonly Option<bool> _isAdmin = new("--is-admin", "--is_admin") { Description = "Set is_admin for the caller; otherwise the policy computes it." };

    public void AddTo(Command command)
    {
        command.Options.Add(_creds);
        command.Options.Add(_access);
        command.Options.Add(_target);
        command.Options.Add(_isAdmin);
    }

    public (Credentials Caller, TargetAttributes Target) Read(ParseResult parsed)
    {
        var (creds, access) = (parsed.GetValue(_creds), parsed.GetValue(_access));
        if (creds is null == access is null) throw new CommandFault(ExitCode.Usage, "who asks? Give either --creds or --access");
        var values = new Dictionary<string, object?>(creds is not null ? Object("--creds", creds) : FromAccess(Object("--access", access!)), StringComparer.Ordinal);
        if (parsed.GetValue(_isAdmin)) values["is_admin"] = true;
        var target = parsed.GetValue(_target) is { } given ? Flat(Object("--target", given)) : Own(values);
        return (new Credentials(values), new TargetAttributes(target));
    }

    private IReadOnlyDictionary<string, object?> Object(string option, string given)
    {
        var isText = given.AsSpan().TrimStart().StartsWith("{");
        try
        {
            var text = isText ? given : File.ReadAllText(terminal.Resolve(given));
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new CommandFault(ExitCode.Usage, $"{option}: not a JSON object");
            return JsonValues.Mapping(document.RootElement);
        }
        catch (JsonException fault)
        {
            throw new CommandFault(ExitCode.Usage, $"{option}: {(isText ? "" : given + ": ")}not JSON: {fault.Message.ReplaceLineEndings(" ")}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCode.Usage, $"{option}: {given}: the file cannot be read: {fault.Message.ReplaceLineEndings(" ")}");
        }
    }

    // What oslopolicy-checker makes of a token: everything in it, and the flat names that rules use.
    private static Dictionary<string, object?> FromAccess(IReadOnlyDictionary<string, object?> access)
    {
        if (access.GetValueOrDefault("token") is not IReadOnlyDictionary<string, object?> token) throw new CommandFault(ExitCode.Usage, "--access: there is no `token` object in it");
        var values = new Dictionary<string, object?>(token, StringComparer.Ordinal)
        {
            ["user_id"] = Inner(token, "user", "id") ?? throw new CommandFault(ExitCode.Usage, "--access: the token has no `user` with an `id`"),
            ["roles"] = token.GetValueOrDefault("roles") is IReadOnlyList<object?> roles
                ? roles.Select(role => role is IReadOnlyDictionary<string, object?> named ? named.GetValueOrDefault("name") : role).ToArray()
                : throw new CommandFault(ExitCode.Usage, "--access: the token has no `roles`"),
        };
        if (Inner(token, "project", "id") is { } project) values["project_id"] = project;
        if (token.GetValueOrDefault("system") is not null) values["system_scope"] = "all";
        if (Inner(token, "domain", "id") is { } domain) values["domain_id"] = domain;
        return values;
    }

    private static object? Inner(IReadOnlyDictionary<string, object?> map, string name, string member) =>
        map.GetValueOrDefault(name) is IReadOnlyDictionary<string, object?> inner ? inner.GetValueOrDefault(member) : null;

    private static Dictionary<string, object?> Own(Dictionary<string, object?> caller)
    {
        var own = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var name in (string[])["user_id", "project_id"])
        {
            if (caller.TryGetValue(name, out var value)) own[name] = value;
        }
        return own;
    }

    private static Dictionary<string, object?> Flat(IReadOnlyDictionary<string, object?> target)
    {
        var flat = new Dictionary<string, object?>(StringComparer.Ordinal);
        Add(target, "");
        return flat;

        void Add(IReadOnlyDictionary<string, object?> map, string prefix)
        {
            foreach (var (name, value) in map)
            {
                if (value is IReadOnlyDictionary<string, object?> inner) Add(inner, prefix + name + ".");
                else flat[prefix + name] = value;
            }
        }
    }
}
