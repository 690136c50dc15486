using System.Collections.Frozen;
using System.Reflection;

namespace Gateway.Casbin;

/// <summary>
/// Casbin's built-in functions, callable from matchers by their names there, and usable as matching functions of a role definition. With a pattern
/// known at load, a matcher uses a prepared pattern instead of these.
/// </summary>
public static class BuiltInFunctions
{
    private static readonly FrozenDictionary<MethodInfo, Func<string, KeyPattern>> Patterns;

    static BuiltInFunctions()
    {
        var patterns = new Dictionary<MethodInfo, Func<string, KeyPattern>>();
        var all = new Dictionary<string, FunctionBinding>(StringComparer.Ordinal);
        AddMatch("keyMatch", KeyMatch, KeyPatterns.KeyMatch);
        AddMatch("keyMatch2", KeyMatch2, KeyPatterns.KeyMatch2);
        AddMatch("keyMatch3", KeyMatch3, KeyPatterns.KeyMatch3);
        AddMatch("keyMatch4", KeyMatch4, KeyPatterns.KeyMatch4);
        AddMatch("keyMatch5", KeyMatch5, KeyPatterns.KeyMatch5);
        AddMatch("regexMatch", RegexMatch, KeyPatterns.RegexMatch);
        AddMatch("ipMatch", IpMatch, AddressPattern.Create);
        AddMatch("globMatch", GlobMatch, GlobPattern.Create);
        all.Add("keyGet", FunctionBinding.BuiltIn("keyGet", KeyGet, KeyPatterns.KeyMatch));
        all.Add("keyGet2", FunctionBinding.BuiltIn("keyGet2", KeyGet2, KeyPatterns.KeyGet2));
        all.Add("keyGet3", FunctionBinding.BuiltIn("keyGet3", KeyGet3, KeyPatterns.KeyGet3));
        All = all.ToFrozenDictionary(StringComparer.Ordinal);
        Patterns = patterns.ToFrozenDictionary();

        void AddMatch(string name, Func<string, string, bool> function, Func<string, KeyPattern> pattern)
        {
            all.Add(name, FunctionBinding.BuiltIn(name, function, pattern));
            patterns.Add(function.Method, pattern);
        }
    }

    internal static FrozenDictionary<string, FunctionBinding> All { get; }

    /// <summary>`/foo/bar` matches `/foo/*`: what stands before the first `*` is a prefix.</summary>
    public static bool KeyMatch(string key, string pattern) => KeyPatterns.KeyMatch(pattern).IsMatch(key);

    /// <summary>`/foo/1` matches `/foo/:id`, and `/foo/1/2` matches `/foo/*`.</summary>
    public static bool KeyMatch2(string key, string pattern) => KeyPatterns.KeyMatch2(pattern).IsMatch(key);

    /// <summary>`/foo/1` matches `/foo/{id}`.</summary>
    public static bool KeyMatch3(string key, string pattern) => KeyPatterns.KeyMatch3(pattern).IsMatch(key);

    /// <summary>`/a/1/b/1` matches `/a/{id}/b/{id}`, `/a/1/b/2` does not.</summary>
    public static bool KeyMatch4(string key, string pattern) => KeyPatterns.KeyMatch4(pattern).IsMatch(key);

    /// <summary>`/foo/1?x=y` matches `/foo/{id}`.</summary>
    public static bool KeyMatch5(string key, string pattern) => KeyPatterns.KeyMatch5(pattern).IsMatch(key);

    /// <summary>True when the expression matches anywhere in the key; write `^` and `$` to match all of it.</summary>
    public static bool RegexMatch(string key, string pattern) => KeyPatterns.RegexMatch(pattern).IsMatch(key);

    /// <summary>True when the key is an address equal to the pattern or within its range; false for anything that is no address.</summary>
    public static bool IpMatch(string key, string pattern) => AddressPattern.TryCreate(pattern)?.IsMatch(key) ?? false;

    /// <summary>True when the key matches the glob; `*` does not cross `/`.</summary>
    public static bool GlobMatch(string key, string pattern) => GlobPattern.Create(pattern).IsMatch(key);

    /// <summary>What the `*` of a keyMatch pattern stands for; empty when the key does not match.</summary>
    public static string KeyGet(string key, string pattern) => KeyPatterns.KeyMatch(pattern).Get(key, "");

    /// <summary>What `:name` of the pattern stands for; empty when the key does not match.</summary>
    public static string KeyGet2(string key, string pattern, string name) => KeyPatterns.KeyGet2(pattern).Get(key, name);

    /// <summary>What `{name}` of the pattern stands for; empty when the key does not match.</summary>
    public static string KeyGet3(string key, string pattern, string name) => KeyPatterns.KeyGet3(pattern).Get(key, name);

    /// <summary>For one of the functions above: its pattern made ready. Null for a function of the program's own.</summary>
    internal static Func<string, KeyPattern>? PatternOf(Func<string, string, bool> function) =>
        function.Target is null && function.GetInvocationList().Length == 1 ? Patterns.GetValueOrDefault(function.Method) : null;
}
