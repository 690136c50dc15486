using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Gateway.Casbin;

/// <summary>The pattern side of keyMatch and its family, made ready once. Safe to use from many threads; matching does not allocate.</summary>
internal abstract class KeyPattern
{
    /// <summary>True when the pattern matches its own text and nothing else.</summary>
    public virtual bool IsLiteral => false;

    public abstract bool IsMatch(string key);

    /// <summary>The part of the key that the pattern's parameter stands for; empty when there is none.</summary>
    public virtual string Get(string key, string name) => "";
}

/// <summary>Only this text.</summary>
internal sealed class LiteralPattern(string text) : KeyPattern
{
    public override bool IsLiteral => true;

    public override bool IsMatch(string key) => key == text;
}

/// <summary>keyMatch: what stands before the first `*` is a prefix; what stands after it does not count.</summary>
internal sealed class PrefixPattern(string prefix) : KeyPattern
{
    public override bool IsMatch(string key) => key.StartsWith(prefix, StringComparison.Ordinal);

    public override string Get(string key, string name) => IsMatch(key) ? key[prefix.Length..] : "";
}

/// <summary>This text anywhere in the key: a regular expression without any sign in it.</summary>
internal sealed class ContainedPattern(string text) : KeyPattern
{
    public override bool IsMatch(string key) => key.Contains(text, StringComparison.Ordinal);
}

internal sealed class RegexPattern(Regex regex) : KeyPattern
{
    public override bool IsMatch(string key) => regex.IsMatch(key);
}

/// <summary>keyMatch5: the key's query is cut off first.</summary>
internal sealed class WithoutQueryPattern(KeyPattern inner) : KeyPattern
{
    public override bool IsMatch(string key)
    {
        var query = key.IndexOf('?', StringComparison.Ordinal);
        return inner.IsMatch(query < 0 ? key : key[..query]);
    }
}

/// <summary>keyMatch4: parameters of one name stand for the same text.</summary>
internal sealed class RepeatedParameterPattern(Regex regex, ImmutableArray<string> names) : KeyPattern
{
    public override bool IsMatch(string key)
    {
        if (PatternRegex.MatchGroups(regex, key) is not { } match)
            return false;
        for (var i = 1; i < names.Length; i++)
        {
            var first = names.IndexOf(names[i]);
            if (first < i && !match.Groups[i + 1].ValueSpan.SequenceEqual(match.Groups[first + 1].ValueSpan))
                return false;
        }

        return true;
    }
}

/// <summary>keyGet2 and keyGet3: a group for each parameter.</summary>
internal sealed class ParameterPattern(KeyPattern? condition, Regex regex, ImmutableArray<string> names) : KeyPattern
{
    public override bool IsMatch(string key) => condition?.IsMatch(key) ?? regex.IsMatch(key);

    public override string Get(string key, string name)
    {
        var index = names.IndexOf(name);
        if (index < 0 || !IsMatch(key))
            return "";
        return PatternRegex.MatchGroups(regex, key)?.Groups[index + 1].Value ?? "";
    }
}
