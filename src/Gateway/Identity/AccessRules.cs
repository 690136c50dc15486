using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Identity;

/// <summary>The access rules of an application credential: a closed list of calls.</summary>
internal sealed class AccessRules(ImmutableArray<AccessRule> rules)
{
    /// <summary>The service type of the API behind the gateway, as catalogues name it.</summary>
    private const string ServiceType = "compute";

    /// <summary>Whether some rule allows a call of the compute API.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path, as sent.</param>
    public bool Allow(string method, string path)
    {
        var decoded = path.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(path) : path;
        return rules.Any(rule => rule.Service == ServiceType && rule.Method == method && rule.Matches(decoded));
    }
}

/// <summary>
/// One allowed call, in keystonemiddleware's pattern language: <c>{name}</c> and <c>*</c> stand for one segment or a part of it, <c>**</c> for anything.
/// </summary>
internal sealed class AccessRule(string service, string method, string path)
{
    // The user who made the credential wrote the pattern: it must match in linear time whatever it is.
    private readonly Lazy<Regex> _pattern = new(() => new Regex(Translate(path), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));

    public string Service => service;

    public string Method => method;

    public bool Matches(string requestPath) => _pattern.Value.IsMatch(requestPath);

    /// <summary>A pattern whose brace is not closed matches nothing.</summary>
    private static string Translate(string path)
    {
        var pattern = new StringBuilder(@"\A");
        for (var i = 0; i < path.Length; i++)
        {
            switch (path[i])
            {
                case '{':
                    var close = path.IndexOf('}', i);
                    if (close < 0) return @"[^\s\S]";
                    pattern.Append("[^/]+");
                    i = close;
                    break;
                case '*' when i + 1 < path.Length && path[i + 1] == '*':
                    pattern.Append(@"[\s\S]*");
                    i++;
                    break;
                case '*':
                    pattern.Append("[^/]+");
                    break;
                case var literal:
                    pattern.Append(Regex.Escape(literal.ToString()));
                    break;
            }
        }

        return pattern.Append(@"\z").ToString();
    }
}
