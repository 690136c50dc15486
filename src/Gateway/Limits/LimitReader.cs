using System.Collections.Frozen;
using System.Net;
using YamlDotNet.RepresentationModel;

namespace Gateway.Limits;

/// <summary>Reads one limit of a limits file, and reports what could never be right about it.</summary>
internal sealed class LimitReader(YamlPlaces places, ActionWords words, IReadOnlyList<LimitableAction> actions)
{
    public static readonly string[] Keys =
    [
        "name", "per", "actions", "rate", "burst", "concurrent", "lease", "hold", "cost", "counts", "exempt", "projects", "prefix", "mode", "without_redis",
    ];

    private const int LongestTime = 86_400;

    // Microseconds in which a whole burst comes back. With the microseconds since 1970 it stays below 2^53, beyond which Redis's numbers are not exact.
    private const long LongestTolerance = 7_000_000_000_000_000;

    private static readonly string[] Scopes = ["user", "project", "domain", "network", "server", "host", "cluster", "action", "global"];
    private static readonly string[] ExemptionKeys = ["roles", "users", "projects", "networks"];
    private static readonly string[] PrefixKeys = ["ipv4", "ipv6"];
    private static readonly string[] CostKeys = ["fields", "least"];
    private static readonly string[] NumberKeys = ["rate", "burst", "concurrent"];

    public Limit Read(YamlMappingNode node)
    {
        places.CheckKeys(node, Keys);
        var name = places.Required(node, "name") is { } nameNode ? YamlPlaces.Text(nameNode) : "";
        if (name.Length > 0 && !IsName(name))
            places.Report(node, $"`name: {name}` may have letters, digits, `-` and `_` only, at most 64");

        var scope = Scope(node);
        var limit = new Limit
        {
            Name = name,
            Scope = scope,
            Actions = ActionsOf(node),
            Numbers = Numbers(node, "limit", YamlPlaces.Find(node, "concurrent") is not null),
            Projects = Projects(node, scope),
            Counts = places.Word(node, "counts", "calls", "denials") == "calls" ? LimitCounts.Calls : LimitCounts.Denials,
            Cost = Cost(node),
            Lease = Seconds(node, "lease") ?? TimeSpan.FromSeconds(30),
            Hold = Seconds(node, "hold") ?? TimeSpan.Zero,
            Exempt = Exemption(node),
            Network = Prefix(node, scope),
            Mode = places.Word(node, "mode", "enforce", "shadow") == "enforce" ? LimitMode.Enforce : LimitMode.Shadow,
            WithoutRedis = places.Word(node, "without_redis", "by_action", "deny", "local", "allow") switch
            {
                "deny" => WithoutRedis.Deny,
                "local" => WithoutRedis.Local,
                "allow" => WithoutRedis.Allow,
                _ => null,
            },
        };
        CheckSense(node, limit);
        return limit;
    }

    private LimitScope Scope(YamlMappingNode node)
    {
        if (places.Required(node, "per") is not { } per)
            return LimitScope.Global;

        var parts = per is YamlSequenceNode list ? list.Select(YamlPlaces.Text).ToArray() : [YamlPlaces.Text(per)];
        var scope = LimitScope.Global;
        foreach (var word in parts)
        {
            if (!Scopes.Contains(word))
                places.Report(per, $"`per: {word}` is unknown; known are {string.Join(", ", Scopes)}");
            else if (word != "global")
                scope |= Enum.Parse<LimitScope>(word, ignoreCase: true);
        }

        if (parts.Length is 0 or > BucketKey.MostParts || (parts.Length > 1 && parts.Contains("global")))
            places.Report(per, $"`per` names {string.Join(", ", Scopes[..^2])} and action, at most {BucketKey.MostParts} of them, or global alone");

        return scope;
    }

    private FrozenSet<string>? ActionsOf(YamlMappingNode node)
    {
        if (places.Required(node, "actions") is not { } list)
            return null;

        var names = words.Read(list, allowGroups: true);
        return names.Contains("*") ? null : names.ToFrozenSet(StringComparer.Ordinal);
    }

    private LimitNumbers Numbers(YamlMappingNode node, string what, bool concurrent)
    {
        if (concurrent)
        {
            foreach (var key in new[] { "rate", "burst" })
            {
                if (YamlPlaces.Find(node, key) is { } other)
                    places.Report(other, $"`{key}` and `concurrent` do not go together; write a {what} for each");
            }

            return new LimitNumbers { Concurrent = places.Required(node, "concurrent") is { } number ? places.Number(number, "concurrent") : 1 };
        }

        if (YamlPlaces.Find(node, "concurrent") is { } wrong)
            places.Report(wrong, "`concurrent` needs a limit that has it; this one has a rate");
        var (count, unit) = Rate(node);
        return new LimitNumbers
        {
            Count = count,
            Unit = unit,
            Burst = YamlPlaces.Find(node, "burst") is { } burst ? places.Number(burst, "burst") : count,
        };
    }

    private (int Count, RateUnit Unit) Rate(YamlMappingNode node)
    {
        var otherwise = (1, RateUnit.All[0]);
        if (places.Required(node, "rate") is not { } rate)
            return otherwise;

        var parts = YamlPlaces.Text(rate).Split('/');
        if (parts.Length == 2
            && RateUnit.All.FirstOrDefault(candidate => candidate.Word == parts[1]) is { } unit
            && YamlPlaces.TryNumber(parts[0], out var count))
        {
            return (count, unit);
        }

        places.Report(
            rate,
            $"`rate: {YamlPlaces.Text(rate)}` must be a number from 1 to {YamlPlaces.LargestNumber} per {string.Join(", ", RateUnit.All.Select(u => u.Word))}, such as `10/minute`");
        return otherwise;
    }

    private FrozenDictionary<string, LimitNumbers>? Projects(YamlMappingNode node, LimitScope scope)
    {
        if (YamlPlaces.Find(node, "projects") is not { } value) return null;
        if (value is not YamlMappingNode projects || projects.Children.Count == 0)
        {
            places.Report(value, "`projects` must be a mapping of project ids to numbers, such as `{0b1d…: {rate: 100/minute}}`");
            return null;
        }

        if (!scope.HasFlag(LimitScope.Project))
            places.Report(value, "`projects` needs `project` in `per`: calls of several projects count together here; write `per: [project, …]`");
        var concurrent = YamlPlaces.Find(node, "concurrent") is not null;
        var own = new Dictionary<string, LimitNumbers>(StringComparer.Ordinal);
        foreach (var (key, numbers) in projects)
        {
            if (!IsId(YamlPlaces.Text(key))) places.Report(key, $"`{YamlPlaces.Text(key)}` is no project's id: names are not unique; write the id");
            if (numbers is not YamlMappingNode mapping)
            {
                places.Report(numbers, $"`{YamlPlaces.Text(key)}` needs numbers of its own, such as `{{rate: 100/minute}}`");
                continue;
            }

            places.CheckKeys(mapping, NumberKeys);
            own[YamlPlaces.Text(key)] = Numbers(mapping, "project", concurrent);
        }

        return own.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private LimitCost Cost(YamlMappingNode node)
    {
        switch (YamlPlaces.Find(node, "cost"))
        {
            case null:
                return LimitCost.One;
            case YamlMappingNode mapping:
                places.CheckKeys(mapping, CostKeys);
                var fields = places.List(mapping, "fields").Select(YamlPlaces.Text).ToArray();
                if (fields.Length == 0) places.Report(mapping, "`fields` is missing; name fields of the body, such as `[createBackup.rotation]`");
                return new LimitCost(YamlPlaces.Find(mapping, "least") is { } least ? places.Number(least, "least") : 1, fields);
            case var value when YamlPlaces.Text(value) == "catalogue":
                return LimitCost.Catalogue;
            case var value when YamlPlaces.TryNumber(YamlPlaces.Text(value), out var number):
                return new LimitCost(number, []);
            case var value:
                places.Report(value, $"`cost: {YamlPlaces.Text(value)}` must be a number, `catalogue`, or `{{fields: [server.max_count]}}`");
                return LimitCost.One;
        }
    }

    private LimitExemption? Exemption(YamlMappingNode node)
    {
        if (YamlPlaces.Find(node, "exempt") is not { } value) return null;
        if (value is not YamlMappingNode mapping || mapping.Children.Count == 0)
        {
            places.Report(value, $"`exempt` must be a mapping with {string.Join(", ", ExemptionKeys)}");
            return null;
        }

        places.CheckKeys(mapping, ExemptionKeys);
        var networks = new List<IPNetwork>();
        foreach (var item in places.List(mapping, "networks"))
        {
            var text = YamlPlaces.Text(item);
            if (IPNetwork.TryParse(text, out var network)) networks.Add(network);
            else if (IPAddress.TryParse(text, out var address)) networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else places.Report(item, $"`{text}` is no network; write one such as `10.0.0.0/8` or `2001:db8::/32`, its host bits zero");
        }

        return new LimitExemption(Texts(mapping, "roles"), Texts(mapping, "users"), Texts(mapping, "projects"), networks);
    }

    private FrozenSet<string> Texts(YamlMappingNode node, string key) => places.List(node, key).Select(YamlPlaces.Text).ToFrozenSet(StringComparer.Ordinal);

    private SourceNetwork Prefix(YamlMappingNode node, LimitScope scope)
    {
        if (YamlPlaces.Find(node, "prefix") is not { } value) return SourceNetwork.Customary;
        if (!scope.HasFlag(LimitScope.Network)) places.Report(value, "`prefix` says which addresses are one network; it needs `network` in `per`");
        if (value is not YamlMappingNode mapping)
        {
            places.Report(value, "`prefix` must be a mapping with ipv4, ipv6, such as `{ipv4: 24, ipv6: 56}`");
            return SourceNetwork.Customary;
        }

        places.CheckKeys(mapping, PrefixKeys);
        return new SourceNetwork(
            YamlPlaces.Find(mapping, "ipv4") is { } four ? places.Number(four, "ipv4", most: 32) : SourceNetwork.Customary.Ipv4Prefix,
            YamlPlaces.Find(mapping, "ipv6") is { } six ? places.Number(six, "ipv6", most: 128) : SourceNetwork.Customary.Ipv6Prefix);
    }

    private TimeSpan? Seconds(YamlMappingNode node, string key) =>
        YamlPlaces.Find(node, key) is { } value ? TimeSpan.FromSeconds(places.Number(value, key, most: LongestTime)) : null;

    /// <summary>What is well written and still could never do what it says.</summary>
    private void CheckSense(YamlMappingNode node, Limit limit)
    {
        foreach (var key in limit.IsConcurrency ? new[] { "cost" } : ["lease", "hold"])
        {
            if (YamlPlaces.Find(node, key) is { } value)
                places.Report(value, limit.IsConcurrency ? "`cost` is about rates; a call takes one place of `concurrent`" : $"`{key}` is about `concurrent`; a rate has none");
        }

        if (limit is { IsConcurrency: true, Counts: LimitCounts.Denials })
            places.Report(node, "`counts: denials` needs a `rate`: a denied call is over at once");
        var met = actions.Where(action => limit.AppliesTo(action.Name)).ToArray();
        if (limit.Scope.HasFlag(LimitScope.Server) && met.Length > 0 && !met.Any(action => action.Path.Contains("{server_id}", StringComparison.Ordinal)))
            places.Report(node, $"`per: server` of `{limit.Name}` would never match: none of its actions is about one server; leave `server` out");
        if (limit.IsConcurrency) return;
        foreach (var (numbers, whose) in (limit.Projects ?? FrozenDictionary<string, LimitNumbers>.Empty)
            .Select(pair => (pair.Value, $" of project {pair.Key}")).Prepend((limit.Numbers, "")))
        {
            if (numbers.Tolerance > LongestTolerance)
            {
                places.Report(
                    YamlPlaces.Find(node, "burst") ?? node,
                    $"`burst`{whose} of `{limit.Name}` is {numbers.Burst}, which takes centuries to come back at {numbers.Count}/{numbers.Unit.Word}; write `burst: {LongestTolerance / numbers.Interval}` or less");
            }

            var dearest = limit.Cost.Fixed > 0 ? limit.Cost.Fixed : met.Select(action => action.Weight).DefaultIfEmpty(1).Max();
            if (dearest <= numbers.Burst) continue;
            var what = limit.Cost.Fixed > 0 ? "every call" : $"`{met.First(action => action.Weight == dearest).Name}`";
            places.Report(node, $"`{limit.Name}` could never let {what} pass: it costs {dearest}, and `burst`{whose} is {numbers.Burst}; write `burst: {dearest}` or more");
        }
    }

    private static bool IsName(string name) =>
        name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static bool IsId(string id) => id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
