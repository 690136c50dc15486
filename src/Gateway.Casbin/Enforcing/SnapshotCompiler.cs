using System.Collections.Frozen;
using System.Globalization;

namespace Gateway.Casbin;

/// <summary>Makes a snapshot from rows, or refuses with file, line and remedy. Not for use by two threads at once.</summary>
internal sealed class SnapshotCompiler
{
    private readonly DefaultModel _model;
    private readonly IReadOnlyDictionary<string, FunctionBinding> _functions;
    private readonly Dictionary<string, NameMatcher> _nameMatchers;
    private readonly Dictionary<string, NameMatcher> _domainMatchers;
    private readonly LoadCache _cache = new();
    private readonly Dictionary<string, MatcherPlan> _plans = new(StringComparer.Ordinal);

    /// <summary>Matchers that no decision can be made by, and why.</summary>
    private readonly Dictionary<string, string> _unusable = new(StringComparer.Ordinal);
    private Dictionary<(string Matcher, PolicyRow Row), CompiledRow?> _known = [];

    public SnapshotCompiler(DefaultModel model, EnforcerOptions options)
    {
        _model = model;
        _functions = new Dictionary<string, FunctionBinding>(options.Functions.Functions, StringComparer.Ordinal);
        foreach (var clash in model.RoleTypes.Where(_functions.ContainsKey))
            throw CasbinException.At(model.File, $"`{clash}` is both a role definition and an added function; rename the function");
        _nameMatchers = ReadMatchers(options.NameMatchers);
        _domainMatchers = ReadMatchers(options.DomainMatchers);
        foreach (var roleType in _domainMatchers.Keys.Where(roleType => model.RoleWidths[roleType] == 2))
            throw CasbinException.At(model.File, $"`{roleType}` has no domain to match; define it as `_, _, _`");
        foreach (var matcher in model.Matchers.Values)
        {
            // Casbin ships a model with such an `m2`; whoever uses only `m` is not to be stopped by it.
            if (matcher.Key != "m" && MatcherPlan.FindMixture(matcher.Source, matcher.Root) is { } mixture)
                _unusable.Add(matcher.Key, mixture);
            else
                _plans.Add(matcher.Key, Plan(matcher.Source, matcher.Root, matcher.Key[1..]));
        }
    }

    public Snapshot Compile(PolicySet policies)
    {
        foreach (var row in policies.All)
            CheckRow(row);
        var roles = _model.RoleTypes.Select(type => new RoleGraph(
            policies.OfType(type), _nameMatchers.GetValueOrDefault(type), _domainMatchers.GetValueOrDefault(type))).ToArray();
        var compiled = new Dictionary<(string, PolicyRow), CompiledRow?>();
        var views = new Dictionary<EnforceContext, DecisionView>();
        foreach (var (key, plan) in _plans)
        {
            foreach (var (effectKey, effect) in _model.Effects)
            {
                var context = new EnforceContext(plan.RequestType, plan.PolicyType, effectKey, key);
                views.Add(context, CreateView(plan, effect, policies, row => Reuse(key, plan, row, compiled), _cache));
            }
        }

        _known = compiled;
        _cache.Clear();
        if (!views.ContainsKey(EnforceContext.Default))
            throw CasbinException.At(_model.File, "the matcher `m` must be about `r` and `p`; give other definitions a numbered matcher");
        return new Snapshot(policies, roles, views.ToFrozenDictionary(), _unusable);
    }

    /// <summary>A view for a matcher that is not the model's.</summary>
    public DecisionView CompileMatcher(string matcher, EnforceContext context, PolicySet policies)
    {
        var source = SourceText.FromProgram(matcher, "matcher");
        var plan = MatcherPlan.Create(_model, source, ExpressionParser.Parse(source), context.RequestType, context.PolicyType);
        if (plan.RequestType != context.RequestType || plan.PolicyType != context.PolicyType)
            throw new CasbinException($"the matcher is about `{plan.RequestType}` and `{plan.PolicyType}`, the context about `{context.RequestType}` and `{context.PolicyType}`");
        if (!_model.Effects.TryGetValue(context.EffectType, out var effect))
            throw CasbinException.At(_model.File, $"`{context.EffectType}` is not defined in `[policy_effect]`");

        // A cache of its own: any number of matchers may come this way.
        var cache = new LoadCache();
        return CreateView(plan, effect, policies, row => CompileRow(plan, row, cache), cache);
    }

    private MatcherPlan Plan(SourceText source, Syntax root, string suffix)
    {
        var requestType = _model.Requests.ContainsKey("r" + suffix) ? "r" + suffix : "r";
        var policyType = _model.Policies.ContainsKey("p" + suffix) ? "p" + suffix : "p";
        var plan = MatcherPlan.Create(_model, source, root, requestType, policyType);

        // Mistakes of the matcher itself are found now, also when there are no rows yet.
        var binder = Binder(plan, _cache);
        foreach (var call in root.Descend().OfType<CallSyntax>().OrderBy(call => call.Offset))
            binder.CheckCall(call);
        foreach (var field in root.Descend().OfType<FieldSyntax>())
        {
            var fields = field.IsPolicy ? _model.Policies[plan.PolicyType] : _model.Requests[plan.RequestType];
            if (!fields.Contains(field.Token))
                throw CasbinException.At(source.PlaceOf(field.Offset), $"`{field.Definition}` has no field `{field.Token}`; there are {string.Join(", ", fields.Select(name => $"`{name}`"))}");
        }

        return plan;
    }

    private DecisionView CreateView(MatcherPlan plan, PolicyEffect effect, PolicySet policies, Func<PolicyRow, CompiledRow?> compile, LoadCache cache)
    {
        var width = _model.Requests[plan.RequestType].Length;
        var rows = policies.OfType(plan.PolicyType);
        if (!plan.MentionsRows)
        {
            // Elsewhere such a matcher allows whatever the rows' effects say.
            if (rows.FirstOrDefault(row => EffectOf(row) == RowEffect.Deny) is { } deny)
                throw CasbinException.At(deny.Place, $"this row denies, but the matcher at {plan.Source.PlaceOf(0)} looks at no row; mention `{plan.PolicyType}.` in the matcher or remove the row");
            return DecisionView.WithoutRows(width, effect, RowProgram.Create(Binder(plan, cache).Bind(plan.Root, null)) ?? RowProgram.Never);
        }

        if (rows.IsEmpty)
            return DecisionView.WithoutRows(width, effect, RowProgram.Create(Binder(plan, cache).Bind(plan.WithoutRows(), null)) ?? RowProgram.Never);
        var compiled = rows.Select(compile).OfType<CompiledRow>();
        return DecisionView.OverRows(width, effect, [.. Order(compiled, plan, effect, policies)], [.. plan.Conjuncts]);
    }

    private CompiledRow? Reuse(string matcher, MatcherPlan plan, PolicyRow row, Dictionary<(string, PolicyRow), CompiledRow?> compiled)
    {
        if (!compiled.TryGetValue((matcher, row), out var known))
            compiled.Add((matcher, row), known = _known.TryGetValue((matcher, row), out var before) ? before : CompileRow(plan, row, _cache));
        return known;
    }

    /// <summary>Null for a row that can never match.</summary>
    private CompiledRow? CompileRow(MatcherPlan plan, PolicyRow row, LoadCache cache)
    {
        var rest = RowProgram.Create(Binder(plan, cache).Bind(plan.Residual, row));
        return rest is null ? null : new CompiledRow(row, EffectOf(row), PriorityOf(row), rest.Value);
    }

    private MatcherBinder Binder(MatcherPlan plan, LoadCache cache) => new(_model, _functions, cache, plan.Source, plan.RequestType, plan.PolicyType);

    private IEnumerable<CompiledRow> Order(IEnumerable<CompiledRow> rows, MatcherPlan plan, PolicyEffect effect, PolicySet policies)
    {
        var fields = _model.Policies[plan.PolicyType];
        if (effect == PolicyEffect.PriorityDenyOverride && !fields.Contains("priority"))
            throw CasbinException.At(_model.File, $"the effect needs a field `priority` in `{plan.PolicyType}`");
        var ordered = rows.OrderBy(row => row.Priority);
        if (effect != PolicyEffect.SubjectPriority)
            return ordered;

        var subject = fields.IndexOf("sub");
        if (subject < 0 || !_model.RoleWidths.TryGetValue("g", out var width))
            throw CasbinException.At(_model.File, $"`subjectPriority` needs a field `sub` in `{plan.PolicyType}` and a role definition `g`");
        var domain = fields.IndexOf("dom");
        if (width == 3 && domain < 0)
            throw CasbinException.At(_model.File, $"`subjectPriority` with domains in `g` needs a field `dom` in `{plan.PolicyType}`");
        var depth = new SubjectDepth(policies.OfType("g"));

        // A list, because sorting a single row would not ask for its depth, and a circle would stay unseen.
        var deep = ordered.Select(row => (Row: row, Depth: depth.Of(width == 3 ? row.Row.Values[domain] : RoleGraph.NoDomain, row.Row.Values[subject]))).ToList();
        return deep.OrderByDescending(pair => pair.Depth).Select(pair => pair.Row);
    }

    private RowEffect EffectOf(PolicyRow row)
    {
        var field = _model.Policies[row.PolicyType].IndexOf("eft");
        return field < 0 ? RowEffect.Allow : row.Values[field] switch
        {
            // An effect left empty is the default one, as where the field is not defined.
            "allow" or "" => RowEffect.Allow,
            "deny" => RowEffect.Deny,
            _ => RowEffect.Indeterminate,
        };
    }

    private void CheckRow(PolicyRow row)
    {
        int expected;
        if (_model.Policies.TryGetValue(row.PolicyType, out var fields))
            expected = fields.Length;
        else if (!_model.RoleWidths.TryGetValue(row.PolicyType, out expected))
            throw CasbinException.At(row.Place, $"the model defines no `{row.PolicyType}`; there are {string.Join(", ", _model.Policies.Keys.Concat(_model.RoleTypes).Order(StringComparer.Ordinal).Select(type => $"`{type}`"))}");
        if (row.Values.Length != expected)
            throw CasbinException.At(row.Place, $"`{row.PolicyType}` has {Count(expected)}{(fields.IsDefault ? "" : $" ({string.Join(", ", fields)})")}, this row has {row.Values.Length}; quote a field that holds a comma");
        if (!fields.IsDefault)
            PriorityOf(row);
    }

    private static string Count(int fields) => fields == 1 ? "1 field" : $"{fields} fields";

    private int PriorityOf(PolicyRow row)
    {
        var field = _model.Policies[row.PolicyType].IndexOf("priority");
        if (field < 0)
            return 0;
        return int.TryParse(row.Values[field], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var priority)
            ? priority
            : throw CasbinException.At(row.Place, $"`{row.Values[field]}` is no priority; write a whole number");
    }

    private Dictionary<string, NameMatcher> ReadMatchers(IReadOnlyDictionary<string, Func<string, string, bool>> functions)
    {
        foreach (var roleType in functions.Keys.Where(key => !_model.RoleWidths.ContainsKey(key)))
            throw CasbinException.At(_model.File, $"a matching function is given for `{roleType}`, which `[role_definition]` does not define");
        return functions.ToDictionary(pair => pair.Key, pair => new NameMatcher(pair.Value), StringComparer.Ordinal);
    }
}
