namespace Gateway.Casbin.Tests;

/// <summary>Builders for what tests need again and again.</summary>
internal static class Some
{
    public const string Acl = "r.sub == p.sub && r.obj == p.obj && r.act == p.act";

    public const string AllowOverride = "some(where (p.eft == allow))";

    /// <summary>A model of these definitions; <paramref name="roles"/> holds the lines of `[role_definition]`.</summary>
    public static string Conf(
        string matcher = Acl, string effect = AllowOverride, string policy = "sub, obj, act", string request = "sub, obj, act", string roles = "") =>
        $"""
        [request_definition]
        r = {request}
        [policy_definition]
        p = {policy}
        {(roles.Length == 0 ? "" : "[role_definition]\n" + roles)}
        [policy_effect]
        e = {effect}
        [matchers]
        m = {matcher}
        """;

    public static DefaultModel Model(
        string matcher = Acl, string effect = AllowOverride, string policy = "sub, obj, act", string request = "sub, obj, act", string roles = "") =>
        DefaultModel.CreateFromText(Conf(matcher, effect, policy, request, roles));

    public static Enforcer Enforcer(DefaultModel model, string csv, EnforcerOptions? options = null) => new(model, new TextAdapter(csv), options);

    /// <summary>The value of an expression for a request `r = a, b`, with no row in play.</summary>
    public static bool Evaluate(string expression, object? a = null, object? b = null, EnforcerOptions? options = null) =>
        Enforcer(Model(expression, request: "a, b"), "", options).Enforce([a, b]);

    public static string Refusal(Func<object?> act) => Assert.Throws<CasbinException>(act).Message;
}
