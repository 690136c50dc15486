using System.Security.Cryptography;
using System.Text;

namespace Gateway.Limits;

/// <summary>
/// The keys of buckets in Redis: <c>gw1:{p=PROJECT}:LIMIT.HASH:VALUE:VALUE</c>. What stands in braces is the hash tag, by which a Redis Cluster keeps the
/// buckets of a project together: the first part of the limit's scope, and the limit's own name when it counts everybody together.
/// </summary>
internal static class RedisKeys
{
    private const int LongestPlain = 64;

    /// <summary>Where the gateways are counted.</summary>
    public const string Census = $"gw1:{{{CensusTag}}}";

    public const string CensusTag = "gateways";

    public static string TagOf(in BucketAsk ask)
    {
        var scope = ask.Entry.Limit.Scope;
        return scope == LimitScope.Global ? $"g={ask.Entry.Limit.Name}"
            : $"{Letter(BucketKey.Order.First(part => scope.HasFlag(part)))}={Safe(ask.Key.First)}";
    }

    /// <summary>A key that is written where those of a tag are, to see whether it can be.</summary>
    public static string Probe(string tag) => $"gw1:{{{tag}}}:probe";

    public static string Of(in BucketAsk ask, string tag)
    {
        var text = new StringBuilder("gw1:{", 128).Append(tag).Append("}:").Append(ask.Entry.Definition);
        var parts = System.Numerics.BitOperations.PopCount((uint)ask.Entry.Limit.Scope);
        for (var part = 1; part < parts; part++) text.Append(':').Append(Safe(ask.Key[part]));
        return text.ToString();
    }

    /// <summary>
    /// A value as a part of a key. Whatever is not plain letters, digits and a few marks is hashed, so that no id can end the hash tag, begin another
    /// part, or make a key of any length.
    /// </summary>
    internal static string Safe(string value)
    {
        if (value.Length <= LongestPlain && IsPlain(value)) return value;
        return "~" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 16));
    }

    private static bool IsPlain(string value)
    {
        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '/')) return false;
        }

        return true;
    }

    private static char Letter(LimitScope part) => part switch
    {
        LimitScope.Project => 'p',
        LimitScope.User => 'u',
        LimitScope.Domain => 'd',
        LimitScope.Network => 'n',
        LimitScope.Server => 's',
        LimitScope.Host => 'h',
        LimitScope.Cluster => 'c',
        _ => 'a',
    };
}
