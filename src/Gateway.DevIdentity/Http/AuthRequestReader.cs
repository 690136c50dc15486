using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Gateway.DevIdentity.Http;

/// <summary>Reads the body of <c>POST /v3/auth/tokens</c> (Identity API v3, "Password authentication" and "Token authentication").</summary>
internal static class AuthRequestReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static bool TryRead(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out AuthRequest? request, [NotNullWhen(false)] out KeystoneFault? fault)
    {
        (request, fault) = (null, null);
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            request = Read(new Member(document.RootElement, "").Object("auth"));
            return true;
        }
        catch (Malformed wrong)
        {
            fault = wrong.Fault;
            return false;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: text that is not UTF-8, or half of a surrogate pair.
            fault = KeystoneFault.BadRequest("the request body is not valid JSON");
            return false;
        }
    }

    private static AuthRequest Read(Member auth)
    {
        var identity = auth.Object("identity");
        var methods = identity.Texts("methods");
        PasswordProof? password = null;
        string? token = null;
        foreach (var method in methods)
        {
            switch (method)
            {
                case AuthRequest.PasswordMethod:
                    var user = identity.Object("password").Object("user");
                    password = new PasswordProof(ReadName(user), user.Text("password"));
                    break;
                case AuthRequest.TokenMethod:
                    token = identity.Object("token").Text("id");
                    break;
                default:
                    throw new Malformed(KeystoneFault.Unauthorized("Attempted to authenticate with an unsupported method."));
            }
        }

        return new AuthRequest(methods, password, token, ReadScope(auth));
    }

    private static ScopeRequest ReadScope(Member auth)
    {
        if (!auth.Has("scope")) return new ScopeRequest.Nothing();
        if (auth.IsText("scope"))
        {
            return auth.Text("scope") == "unscoped"
                ? new ScopeRequest.Nothing()
                : throw auth.Wrong("scope", "must be an object, or `unscoped`");
        }

        var scope = auth.Object("scope");
        return scope.OnlyOf("project", "domain", "system", "unscoped") switch
        {
            "project" => new ScopeRequest.Project(ReadName(scope.Object("project"))),
            "domain" => new ScopeRequest.Domain(ReadDomain(scope.Object("domain"))),
            "system" => scope.Object("system").True("all") ? new ScopeRequest.WholeSystem() : throw scope.Wrong("system.all", "must be `true`"),
            _ => new ScopeRequest.Nothing(),
        };
    }

    private static QualifiedName ReadName(Member named) => named.Has("id")
        ? new QualifiedName(named.Text("id"), Name: null, Domain: null)
        : new QualifiedName(Id: null, named.Text("name"), ReadDomain(named.Object("domain")));

    private static DomainName ReadDomain(Member domain) => domain.Has("id")
        ? new DomainName(domain.Text("id"), Name: null)
        : new DomainName(Id: null, domain.Text("name"));

    /// <summary>An object of the body with its place for messages.</summary>
    private readonly struct Member(JsonElement element, string place)
    {
        private readonly JsonElement _element = element;
        private readonly string _place = place;

        // A member that is null counts as absent: clients send `"domain": null`.
        public bool Has(string name) => TryGet(name, out _);

        public bool IsText(string name) => TryGet(name, out var value) && value.ValueKind == JsonValueKind.String;

        public Member Object(string name) => TryGet(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? new Member(value, At(name))
            : throw Wrong(name, "must be an object");

        public string Text(string name) => TryGet(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Wrong(name, "must be a string");

        public bool True(string name) => TryGet(name, out var value) && value.ValueKind == JsonValueKind.True;

        public IReadOnlyList<string> Texts(string name)
        {
            if (!TryGet(name, out var value) || value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0
                || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            {
                throw Wrong(name, "must be a list of strings, not empty");
            }

            return [.. value.EnumerateArray().Select(item => item.GetString()!).Distinct(StringComparer.Ordinal)];
        }

        public string OnlyOf(params string[] names)
        {
            var here = this;
            string[] given = [.. names.Where(here.Has)];
            return given.Length == 1
                ? given[0]
                : throw new Malformed(KeystoneFault.BadRequest($"`{_place}` must hold one of {string.Join(", ", names.Select(name => $"`{name}`"))}"));
        }

        public Malformed Wrong(string name, string what) => new(KeystoneFault.BadRequest($"`{At(name)}` {what}"));

        private string At(string name) => _place.Length == 0 ? name : $"{_place}.{name}";

        private bool TryGet(string name, out JsonElement value)
        {
            value = default;
            return _element.ValueKind == JsonValueKind.Object && _element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
        }
    }

    /// <summary>Ends the reading at the first thing that is wrong; never leaves this file.</summary>
    private sealed class Malformed(KeystoneFault fault) : Exception
    {
        public KeystoneFault Fault => fault;
    }
}
