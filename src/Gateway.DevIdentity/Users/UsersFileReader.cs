using System.Text.Json;

namespace Gateway.DevIdentity.Users;

/// <summary>Turns the parsed users file into the directory, collecting what is wrong on the way.</summary>
internal sealed class UsersFileReader(string file)
{
    private static readonly string[] ScopeKeys = ["project", "domain", "system"];

    private readonly List<string> _problems = [];

    public IdentityDirectory Read(JsonElement root)
    {
        var top = new Entry(root, "", this, "$schema", "description", "domains", "roles", "projects", "users");
        if (!top.IsObject) throw new DevIdentityStartException(_problems);

        var domains = top.Entries("domains", "id", "name")
            .Select(entry => new Domain(entry.Id(allowDefault: true), entry.Text("name"))).ToList();
        var roles = ReadRoles(top);
        var projects = top.Entries("projects", "id", "name", "domain")
            .Select(entry => new Project(entry.Id(), entry.Text("name"), entry.Reference("domain", domains, d => d.Id, d => d.Name)!)).ToList();
        var users = top.Entries("users", "id", "name", "domain", "password", "grants")
            .Select(entry => new User(
                entry.Id(),
                entry.Text("name"),
                entry.Reference("domain", domains, d => d.Id, d => d.Name)!,
                entry.Text("password"),
                ReadGrants(entry, domains, roles, projects))).ToList();

        CheckUnique("domains", "id", domains.Select(domain => domain.Id));
        CheckUnique("domains", "name", domains.Select(domain => domain.Name));
        CheckUnique("roles", "id", roles.Select(role => role.Id));
        CheckUnique("roles", "name", roles.Select(role => role.Name));
        CheckUnique("projects", "id", projects.Select(project => project.Id));
        CheckUnique("users", "id", users.Select(user => user.Id));
        CheckUnique("projects", "name", projects.Select(project => QualifiedName(project.Name, project.Domain)));
        CheckUnique("users", "name", users.Select(user => QualifiedName(user.Name, user.Domain)));
        return _problems.Count == 0 ? new IdentityDirectory(domains, roles, projects, users) : throw new DevIdentityStartException(_problems);
    }

    private static List<Role> ReadRoles(Entry top)
    {
        var entries = top.Entries("roles", "id", "name", "implies").ToList();
        var names = entries.Select(entry => entry.TextOrNull("name")).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return entries.Select(entry => new Role(entry.Id(), entry.Text("name"), entry.Names("implies", names, required: false))).ToList();
    }

    private List<Grant> ReadGrants(Entry user, List<Domain> domains, List<Role> roles, List<Project> projects)
    {
        var grants = new List<Grant>();
        var roleNames = roles.Select(role => role.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var grant in user.Entries("grants", required: false, "project", "domain", "system", "roles"))
        {
            var granted = grant.Names("roles", roleNames, required: true).Select(name => roles.First(role => role.Name == name)).ToList();
            if (ReadScope(grant, domains, projects) is { } scope) grants.Add(new Grant(scope, granted));
        }

        return grants;
    }

    private Scope? ReadScope(Entry grant, List<Domain> domains, List<Project> projects)
    {
        string[] given = [.. ScopeKeys.Where(grant.Has)];
        switch (given)
        {
            case ["project"]:
                return grant.Reference("project", projects, p => p.Id, p => p.Name) is { } project ? new Scope.OfProject(project.Id) : null;
            case ["domain"]:
                return grant.Reference("domain", domains, d => d.Id, d => d.Name) is { } domain ? new Scope.OfDomain(domain.Id) : null;
            case ["system"]:
                if (grant.Text("system") is var system && system is not "all")
                    Report($"{grant.Place}.system", $"`{system}` is not a system scope: write `all`");
                return Scope.WholeSystem;
            default:
                Report(grant.Place, given.Length == 0
                    ? "grants roles on nothing: write one of `project`, `domain`, `system`"
                    : $"grants roles on {string.Join(" and ", given.Select(key => $"`{key}`"))}: keep one, and write a second grant for the other");
                return null;
        }
    }

    private static string QualifiedName(string name, Domain? domain) => domain is null ? name : $"{name} in domain {domain.Name}";

    private void CheckUnique(string list, string key, IEnumerable<string> values)
    {
        var repeated = values.Where(value => value.Length > 0).CountBy(value => value, StringComparer.Ordinal).Where(pair => pair.Value > 1);
        foreach (var (value, count) in repeated) Report($"{list}[].{key}", $"`{value}` is there {count} times: keep one");
    }

    private void Report(string place, string what) => _problems.Add(place.Length == 0 ? $"{file}: {what}" : $"{file}: {place}: {what}");

    /// <summary>One JSON object of the file, with its place for messages.</summary>
    private sealed class Entry
    {
        private readonly JsonElement _element;
        private readonly UsersFileReader _reader;

        public Entry(JsonElement element, string place, UsersFileReader reader, params string[] known)
        {
            (_element, Place, _reader) = (element, place, reader);
            if (!IsObject)
            {
                reader.Report(place, $"is {Kind(element)}: write an object with {Keys(known)}");
                return;
            }

            foreach (var member in element.EnumerateObject().Where(member => !known.Contains(member.Name, StringComparer.Ordinal)))
                reader.Report(place, $"unknown key `{member.Name}`: known keys are {Keys(known)}");
        }

        public string Place { get; }

        public bool IsObject => _element.ValueKind == JsonValueKind.Object;

        public bool Has(string key) => IsObject && _element.TryGetProperty(key, out _);

        public IEnumerable<Entry> Entries(string key, params string[] known) => Entries(key, required: true, known);

        public IEnumerable<Entry> Entries(string key, bool required, params string[] known) =>
            [.. Items(key, required, "objects").Select((item, i) => new Entry(item, $"{At(key)}[{i}]", _reader, known))];

        public string? TextOrNull(string key) =>
            IsObject && _element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        /// <summary>The non-empty string under a key; the empty string after a report.</summary>
        public string Text(string key)
        {
            if (!IsObject) return "";
            if (!_element.TryGetProperty(key, out var value)) _reader.Report(Place, $"has no `{key}`: write a non-empty string");
            else if (value.ValueKind != JsonValueKind.String) _reader.Report(At(key), $"is {Kind(value)}: write a non-empty string");
            else if (value.GetString() is { Length: > 0 } text) return text;
            else _reader.Report(At(key), "is empty: write a non-empty string");
            return "";
        }

        public string Id(bool allowDefault = false)
        {
            var id = Text("id");
            var valid = id.Length == 0 || (id.Length == 32 && id.All(char.IsAsciiHexDigitLower)) || (allowDefault && id == "default");
            if (!valid) _reader.Report(At("id"), $"`{id}` is not an id: write 32 lower-case hexadecimal digits{(allowDefault ? " or `default`" : "")}");
            return id;
        }

        public T? Reference<T>(string key, IReadOnlyList<T> candidates, Func<T, string> id, Func<T, string> name)
            where T : class
        {
            var wanted = Text(key);
            if (wanted.Length == 0) return null;
            if (candidates.FirstOrDefault(candidate => id(candidate) == wanted) is { } byId) return byId;
            var byName = candidates.Where(candidate => name(candidate) == wanted).ToList();
            if (byName.Count == 1) return byName[0];
            _reader.Report(At(key), byName.Count == 0
                ? $"no {key} `{wanted}`: known are {Keys([.. candidates.Select(name)])}"
                : $"`{wanted}` names {byName.Count} {key}s: write the id");
            return null;
        }

        public List<string> Names(string key, HashSet<string> known, bool required)
        {
            var found = new List<string>();
            var items = Items(key, required, "role names").ToList();
            if (required && Has(key) && items.Count == 0) _reader.Report(At(key), "holds no role: write a list of role names");
            foreach (var (i, item) in items.Index())
            {
                var name = item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText();
                if (known.Contains(name)) found.Add(name);
                else _reader.Report($"{At(key)}[{i}]", $"no role `{name}`: known are {Keys([.. known])}");
            }

            return found;
        }

        private JsonElement.ArrayEnumerator Items(string key, bool required, string what)
        {
            if (!IsObject) return default;
            if (!_element.TryGetProperty(key, out var value))
            {
                if (required) _reader.Report(Place, $"has no `{key}`: write a list of {what}");
                return default;
            }

            if (value.ValueKind == JsonValueKind.Array) return value.EnumerateArray();
            _reader.Report(At(key), $"is {Kind(value)}: write a list of {what}");
            return default;
        }

        private string At(string key) => Place.Length == 0 ? key : $"{Place}.{key}";

        private static string Keys(IReadOnlyList<string> known) => string.Join(", ", known.Where(key => key.Length > 0).Select(key => $"`{key}`"));

        private static string Kind(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.String => $"the string `{value.GetString()}`",
            _ => $"`{value.GetRawText()}`",
        };
    }
}
