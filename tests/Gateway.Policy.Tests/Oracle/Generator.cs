namespace Gateway.Policy.Tests;

/// <summary>A seeded grammar of rules, callers and targets: the usual, the odd and the broken.</summary>
internal sealed class Generator(int seed)
{
    private static readonly string[] Atoms =
    [
        "role:admin", "role:member", "role:reader", "role:Manager", "role:ADMIN", "role:%(wanted_role)s", "role:%(nokey)s", "role:", "role:service",
        "rule:r0", "rule:r1", "rule:r2", "rule:r3", "rule:undefined", "rule:t", "rule:default",
        "project_id:%(project_id)s", "user_id:%(user_id)s", "user_id:%(nokey)s", "project_id:p1", "project_id:'p1'", "user_id:u1", "domain_id:%(domain_id)s",
        "domain_id:None", "system_scope:all", "system:all", "is_admin:True", "is_admin:False", "is_admin:true", "is_admin_project:True", "roles:admin", "service_roles:service",
        "user.id:%(user_id)s", "user.domain.id:default", "user.groups.id:g1", "user.groups.id:%(group)s", "groups:%(group)s", "missing:%(user_id)s", "missing.deep:x",
        "level:%(level)s", "level:5", "ratio:0.5", "ratio:%(ratio)s", "big:%(big)s", "none:None", "none:%(none)s", "none:%(nothing)s", "flag:%(flag)s", "level:%(level)d", "level:%(level)05d",
        "user_id:%(size)d", "user_id:%(user_id)d", "user_id:%s", "user_id:%%", "user_id:50%", "user_id:%(user_id)", "user_id:%(user_id", "user_id:%(user_id)z", "user_id:%(nokey)z",
        "user_id:%(user_id)5s", "user_id:%(user_id).1s", "user_id:%(user_id)-5s", "level:%(level)x", "level:%(level)+d", "ratio:%(ratio).2f", "ratio:%(ratio)g", "level:%(level)c",
        "True:%(locked)s", "False:%(locked)s", "None:%(project_id)s", "None:%(none)s", "20:%(size)s", "0x14:%(size)s", "1_0:10", "2.50:%(ratio)s", "2.5:%(half)s", "-1:-1", "'h1':%(host)s", "\"h2\":%(host)s",
        "'Member':%(role.name)s", "[]:[]", "{}:{}", "():()", "(1,):(1,)", "b'x':b'x'", "...:Ellipsis", "1j:1j", "{1}:{1}", "1a:x", "a..b:x", "class:x", "a.is.b:x", "a-b:x", "a[0]:x", "f(x):x", ":x", "x:", "::", "a b:c",
        "Role:admin", "Rule:r0", "role :admin", "a$b:x", "#a:x", "01:1", "u'x':x", "None.x:y", "True.x:y", "lambda:x", "level.x:1", "none.x:1", "user:u1", "user_id.x:y", "bogus", "@", "!",
    ];

    private static readonly string[] Soup =
        ["(", ")", "and", "or", "not", "AND", "Or", "nOt", "role:admin", "role:member)", "(role:member", "rule:r0", "@", "!", "'x'", "\"y\"", "'a':a", "bogus", ":", "user_id:%(a", "((", "))", ")(", "()", "not(", ")and", "True:True", "\u00a0", "\u001c", "\t", "\n", "''", "'", "(@", "!)"];

    private readonly Random _random = new(seed);

    public int Next(int below) => _random.Next(below);

    public T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    private bool Chance(int percent) => _random.Next(100) < percent;

    public string Atom() => Pick(Atoms);

    /// <summary>A text that parses, with the odd spelling of operators and superfluous parentheses.</summary>
    public string WellFormed(int depth = 3)
    {
        if (depth == 0 || Chance(30)) return Chance(15) ? $"({Space()}{Atom()}{Space()})" : Atom();
        return Next(5) switch
        {
            0 => Pick(["not", "Not", "NOT"]) + " " + Operand(depth),
            1 or 2 => string.Join(" " + Pick(["and", "AND", "And"]) + " ", Operands(depth)),
            _ => string.Join(" " + Pick(["or", "OR", "Or"]) + "  ", Operands(depth)),
        };
    }

    private List<string> Operands(int depth) => Enumerable.Range(0, 2 + Next(2)).Select(_ => Operand(depth)).ToList();

    private string Operand(int depth)
    {
        var inner = WellFormed(depth - 1);
        return Chance(60) ? $"({Space()}{inner}{Space()})" : inner;
    }

    private string Space() => Chance(30) ? " " : "";

    /// <summary>Tokens thrown together.</summary>
    public string TokenSoup()
    {
        var separator = Pick([" ", " ", "", "  "]);
        return string.Join(separator, Enumerable.Range(0, 1 + Next(8)).Select(_ => Chance(70) ? Pick(Soup) : Atom()));
    }

    /// <summary>The old lists of lists, with empty and foreign elements.</summary>
    public object ListForm() => Enumerable.Range(0, Next(4)).Select(_ => Next(8) switch
    {
        0 => (object)Array.Empty<object>(),
        1 => Atom(),
        2 => "",
        3 => new object?[] { Atom(), Next(4) == 0 ? 1 : Atom(), Next(6) == 0 ? null : Atom() },
        _ => Enumerable.Range(0, 1 + Next(3)).Select(_ => (object)Atom()).ToArray(),
    }).ToArray();

    /// <summary>Any rule value; now and then one that is no rule at all.</summary>
    public object? RuleValue() => Next(40) switch
    {
        < 24 => WellFormed(),
        < 32 => TokenSoup(),
        < 37 => ListForm(),
        37 => Pick<object?>(["", " ", null, false, 0, "@", "!"]),
        38 => Pick<object?>([new Dictionary<string, object?>(), new Dictionary<string, object?> { ["role:admin"] = "x" }, new object?[] { null }, "not bogus"]),
        _ => Chance(20) ? Pick<object?>([true, 1, 1.5, new object?[] { 1 }]) : WellFormed(1),
    };

    public Dictionary<string, object?> Rules()
    {
        var rules = new Dictionary<string, object?> { ["t"] = RuleValue() };
        foreach (var name in (string[])["r0", "r1", "r2", "r3"])
        {
            if (Chance(60)) rules[name] = RuleValue();
        }
        if (Chance(15)) rules["default"] = WellFormed(1);
        return rules;
    }

    public Dictionary<string, object?> Creds()
    {
        var creds = new Dictionary<string, object?>();
        if (!Chance(4))
        {
            creds["roles"] = Next(40) switch
            {
                0 => null,
                1 => "admin",
                2 => new object?[] { "admin", 1 },
                3 => 5,
                4 => new Dictionary<string, object?> { ["admin"] = 1 },
                _ => Enumerable.Range(0, Next(4)).Select(_ => (object?)Pick(["admin", "member", "reader", "Manager", "ADMIN", "service", "Member"])).ToArray(),
            };
        }
        Maybe("user_id", ["u1", "u2", null, "", "%"]);
        Maybe("project_id", ["p1", "p2", null, 5]);
        Maybe("domain_id", [null, null, "d1", ""]);
        Maybe("system_scope", [null, null, null, "all", ""]);
        Maybe("is_admin", [true, false, false, null, "True", 1]);
        Maybe("is_admin_project", [true, false]);
        Maybe("service_roles", [Array.Empty<object?>(), new object?[] { "service" }, null, "service"]);
        Maybe("level", [5, 5.0, "5", 0, -3, 65]);
        Maybe("ratio", [0.5, 2.5, 1e16, 1e-5, 0.1, 100000.0, 1e22, -0.0]);
        Maybe("big", [12345678901234567890m, 1e300, long.MaxValue]);
        Maybe("none", [null, "None", new object?[] { null }, new object?[] { "None", null }]);
        Maybe("flag", [true, false, "True", "true"]);
        Maybe("groups", [new object?[] { "g1", "g2" }, Array.Empty<object?>(), new object?[] { new object?[] { "g1" } }, "g1", new object?[] { 1, true, null }]);
        Maybe("user", [User(), null, "u1", new object?[] { User(), User() }, 7]);
        Maybe("a", [new Dictionary<string, object?> { ["b"] = "x" }, null]);
        Maybe("a-b", ["x"]);
        Maybe("", ["x", ":", ""]);
        if (Chance(5)) creds["system"] = Pick<object?>(["all", true, null]);
        return creds;

        void Maybe(string name, object?[] values)
        {
            if (Chance(70)) creds[name] = Pick(values);
        }
    }

    private Dictionary<string, object?> User() => new()
    {
        ["id"] = Pick<object?>(["u1", "u2", null]),
        ["domain"] = Pick<object?>([new Dictionary<string, object?> { ["id"] = "default" }, null, new object?[] { new Dictionary<string, object?> { ["id"] = "default" } }]),
        ["groups"] = Pick<object?>([new object?[] { new Dictionary<string, object?> { ["id"] = "g1" }, new Dictionary<string, object?> { ["name"] = "x" } }, Array.Empty<object?>(), new object?[] { "g1" }]),
    };

    public Dictionary<string, object?> Target()
    {
        var target = new Dictionary<string, object?>();
        Maybe("project_id", ["p1", "p2", null, 5]);
        Maybe("user_id", ["u1", "u2", null, ""]);
        Maybe("domain_id", ["d1", null]);
        Maybe("wanted_role", ["Admin", "member", null, 3]);
        Maybe("locked", [true, false, "True", null]);
        Maybe("size", [20, 20.0, "20", 10]);
        Maybe("host", ["h1", "h2"]);
        Maybe("level", [5, "5", 5.5, true, 65]);
        Maybe("ratio", [0.5, 2.5, 2.50, 1e16, 1e-5, 0.1]);
        Maybe("half", [2.5, "2.5"]);
        Maybe("big", [12345678901234567890m, 1e300, long.MaxValue]);
        Maybe("none", [null, "None"]);
        Maybe("nothing", [null]);
        Maybe("flag", [true, "True", "true", 1]);
        Maybe("group", ["g1", "g2", "['g1']", 1, true, null]);
        Maybe("role.name", ["Member", "member"]);
        return target;

        void Maybe(string name, object?[] values)
        {
            if (Chance(80)) target[name] = Pick(values);
        }
    }
}
