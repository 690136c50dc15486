using System.Text.Json;

namespace Gateway.Casbin.Tests.Conformance;

/// <summary>Every model the package ships with every policy it ships, decided by the package and here.</summary>
[Collection(nameof(Oracle))]
public sealed class ExampleTests(Oracle oracle, ITestOutputHelper output)
{
    /// <summary>Pairs that belong together, and the matching functions that their roles need.</summary>
    private static readonly (string Model, string Policy, EnforceContext Context, Roles Roles)[] Known =
    [
        .. Pairs(
            "basic_model.conf basic_policy.csv", "basic_model.conf basic_inverse_policy.csv", "basic_with_root_model.conf basic_policy.csv",
            "basic_without_users_model.conf basic_without_users_policy.csv", "basic_without_resources_model.conf basic_without_resources_policy.csv",
            "basic_keyget2_model.conf basic_keyget2_policy.csv", "rbac_model.conf rbac_policy.csv", "rbac_model.conf rbac_with_hierarchy_policy.csv",
            "rbac_with_resource_roles_model.conf rbac_with_resource_roles_policy.csv", "rbac_with_domains_model.conf rbac_with_domains_policy.csv",
            "rbac_with_domains_model.conf rbac_with_domains_policy2.csv", "rbac_with_domains_model.conf rbac_with_hierarchy_with_domains_policy.csv",
            "rbac_with_hierarchical_domains_model.conf rbac_with_hierarchical_domains_policy.csv", "rbac_with_deny_model.conf rbac_with_deny_policy.csv",
            "rbac_with_not_deny_model.conf rbac_with_deny_policy.csv", "keymatch_model.conf keymatch_policy.csv", "keymatch2_model.conf keymatch2_policy.csv",
            "keymatch_custom_model.conf keymatch2_policy.csv", "ipmatch_model.conf ipmatch_policy.csv", "glob_model.conf glob_policy.csv",
            "priority_model.conf priority_policy.csv", "priority_model.conf priority_indeterminate_policy.csv",
            "priority_model_explicit.conf priority_policy_explicit.csv", "priority_model_explicit.conf priority_policy_explicit_update.csv",
            "subject_priority_model.conf subject_priority_policy.csv", "subject_priority_model_with_domain.conf subject_priority_policy_with_domain.csv",
            "rbac_g2_model.conf rbac_g2_policy.csv", "abac_rule_model.conf abac_rule_policy.csv", "abac_model.conf -", "abac_not_using_policy_model.conf -",
            "in_operator_model.conf -", "multiple_policy_definitions_model.conf multiple_policy_definitions_policy.csv",
            "rbac_with_multiple_policy_model.conf rbac_with_multiple_policy_policy.csv"),
        ("multiple_policy_definitions_model.conf", "multiple_policy_definitions_policy.csv", new EnforceContext("r2", "p2", "e", "m2"), Roles.Plain),
        ("rbac_with_pattern_model.conf", "rbac_with_pattern_policy.csv", EnforceContext.Default, new Roles(("g2", "keyMatch2"), null)),
        ("rbac_with_pattern_model.conf", "rbac_with_pattern_policy.csv", EnforceContext.Default, new Roles(("g2", "keyMatch3"), null)),
        ("rbac_with_pattern_model.conf", "rbac_with_pattern_policy.csv", EnforceContext.Default, new Roles(("g", "keyMatch"), null)),
        ("rbac_with_all_pattern_model.conf", "rbac_with_all_pattern_policy.csv", EnforceContext.Default, new Roles(("g", "keyMatch2"), ("g", "keyMatch2"))),
        ("rbac_with_domain_pattern_model.conf", "rbac_with_domain_pattern_policy.csv", EnforceContext.Default, new Roles(null, ("g", "keyMatch2"))),
        ("issues/node_casbin_150_model.conf", "issues/node_casbin_150_policy.csv", EnforceContext.Default, new Roles(("g", "keyMatch"), null)),
    ];

    [Fact]
    public async Task Decides_and_explains_as_the_package_does()
    {
        var cases = new List<Case>();
        foreach (var (model, policy, context, roles) in Known)
            cases.Add(Load(model, policy, context, roles) ?? throw new InvalidOperationException($"{model} + {policy} is refused"));
        Assert.All(Directory.EnumerateFiles(oracle.Examples, "*.conf").Select(Path.GetFileName), file => Assert.Contains(Known, pair => pair.Model == file));

        var refused = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var model in Files("*.conf"))
        {
            foreach (var policy in Files("*.csv"))
            {
                if (Known.Any(pair => pair.Model == model && pair.Policy == policy))
                    continue;
                if (Load(model, policy, EnforceContext.Default, Roles.Plain, refused) is { } loaded)
                    cases.Add(loaded);
            }
        }

        var answers = await oracle.AskAsync(cases.Select(c => c.Question));
        var quirks = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var differences = new List<Vector>();
        var compared = 0;
        var allowed = 0;
        foreach (var (item, answer) in cases.Zip(answers))
        {
            if (answer.ValueKind == JsonValueKind.Object)
            {
                quirks[$"the package refuses the load: {answer.GetProperty("error")}"] = quirks.GetValueOrDefault($"the package refuses the load: {answer.GetProperty("error")}") + 1;
                continue;
            }

            foreach (var (request, theirs) in item.Requests.Zip(answer.EnumerateArray()))
            {
                compared++;
                allowed += theirs.TryGetProperty("allowed", out var allows) && allows.GetBoolean() ? 1 : 0;
                var vector = new Vector(item.Model, item.Policy, request, Read(theirs), Ask(item, request), item.Matcher);
                if (vector.Agrees)
                    continue;
                var quirk = Quirks.Decisions.FirstOrDefault(known => known.Applies(vector)).Name;
                if (quirk is null)
                    differences.Add(vector);
                else
                    quirks[quirk] = quirks.GetValueOrDefault(quirk) + 1;
            }
        }

        output.WriteLine($"{cases.Count} pairs, {compared} decisions compared, {allowed} of them allowed");
        foreach (var (refusal, count) in refused)
            output.WriteLine($"{count} pairs refused here: {refusal}");
        foreach (var (quirk, count) in quirks)
            output.WriteLine($"{count} of the known quirk `{quirk}`");
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join('\n', differences.GroupBy(vector => (vector.Model, vector.Policy)).SelectMany(group => group.Take(3)).Take(40))}");
        Assert.InRange(compared, 20_000, 500_000);
        Assert.InRange(allowed, compared / 40, compared);
    }

    private Case? Load(string model, string policy, EnforceContext context, Roles roles, SortedDictionary<string, int>? refused = null)
    {
        var modelText = File.ReadAllText(Path.Combine(oracle.Examples, model));
        var policyText = policy == "-" ? "" : File.ReadAllText(Path.Combine(oracle.Examples, policy));
        try
        {
            var options = new EnforcerOptions { Functions = new FunctionMap().Add<string, string, bool>("keyMatchCustom", BuiltInFunctions.KeyMatch2) };
            if (roles.Names is { } names)
                options.AddNamedMatchingFunc(names.Type, FunctionOf(names.Function));
            if (roles.Domains is { } domains)
                options.AddNamedDomainMatchingFunc(domains.Type, FunctionOf(domains.Function));
            var parsed = DefaultModel.CreateFromText(modelText, model);
            var enforcer = new Enforcer(parsed, new TextAdapter(policyText, policy), options);
            var requests = RequestGenerator.Generate(parsed, context, [.. enforcer.Policies.All], modelText + policyText);
            var question = new
            {
                model = modelText,
                policy = policyText,
                names = roles.Names is { } n ? new Dictionary<string, string> { [n.Type] = n.Function } : [],
                domains = roles.Domains is { } d ? new Dictionary<string, string> { [d.Type] = d.Function } : [],
                context = context == EnforceContext.Default ? null : new[] { context.RequestType, context.PolicyType, context.EffectType, context.MatcherType },
                requests,
            };
            return new Case(model, policy, enforcer, context, requests, question, parsed.Matchers[context.MatcherType].Source.Text);
        }
        catch (CasbinException exception) when (refused is not null)
        {
            var known = Quirks.Refusals.FirstOrDefault(refusal => exception.Message.Contains(refusal.Refusal, StringComparison.Ordinal)).Reason;
            Assert.True(known is not null, $"{model} + {policy} is refused: {exception.Message}");
            refused[known] = refused.GetValueOrDefault(known) + 1;
            return null;
        }
    }

    private static Answer Ask(Case item, object[] request)
    {
        try
        {
            var (allowed, explanation) = item.Enforcer.EnforceEx(item.Context, request);
            return new Answer(allowed, string.Join('|', explanation.SelectMany(row => row.Values)), null);
        }
        catch (CasbinException exception)
        {
            return new Answer(null, "", exception.Message);
        }
    }

    private static Answer Read(JsonElement answer) => answer.TryGetProperty("error", out var error)
        ? new Answer(null, "", error.GetString())
        : new Answer(answer.GetProperty("allowed").GetBoolean(), string.Join('|', answer.GetProperty("explain").EnumerateArray().Select(field => field.GetString())), null);

    private static Func<string, string, bool> FunctionOf(string name) => name switch
    {
        "keyMatch" => BuiltInFunctions.KeyMatch,
        "keyMatch2" => BuiltInFunctions.KeyMatch2,
        _ => BuiltInFunctions.KeyMatch3,
    };

    private static IEnumerable<(string, string, EnforceContext, Roles)> Pairs(params string[] pairs) =>
        pairs.Select(pair => (pair.Split(' ')[0], pair.Split(' ')[1], EnforceContext.Default, Roles.Plain));

    private IEnumerable<string> Files(string pattern) => Directory.EnumerateFiles(oracle.Examples, pattern).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    private sealed record Case(
        string Model, string Policy, Enforcer Enforcer, EnforceContext Context, List<object[]> Requests, object Question, string Matcher);

    private sealed record Roles((string Type, string Function)? Names, (string Type, string Function)? Domains)
    {
        public static Roles Plain { get; } = new(null, null);
    }
}
