using System.Text;

namespace Gateway.Audit;

/// <summary>64 bits that stand for an id in an index (FNV-1a). Two ids may share them, so whoever looks one up compares the id, too.</summary>
internal static class IndexKey
{
    public static long Of(ReadOnlySpan<byte> utf8)
    {
        var hash = 14695981039346656037UL;
        foreach (var one in utf8) hash = (hash ^ one) * 1099511628211UL;
        return (long)hash;
    }

    public static long Of(string text) => Of(Encoding.UTF8.GetBytes(text));
}
