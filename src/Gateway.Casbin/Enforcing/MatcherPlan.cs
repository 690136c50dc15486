using System.Collections.Immutable;

namespace Gateway.Casbin;

/// <summary>What a matcher is about: its definitions, its equality conjuncts, whether it looks at rows at all.</summary>
internal sealed record MatcherPlan(
    SourceText Source, Syntax Root, string RequestType, string PolicyType, bool MentionsRows, ImmutableArray<EqualityConjunct> Conjuncts, Syntax Residual)
{
    public static MatcherPlan Create(DefaultModel model, SourceText source, Syntax root, string requestType, string policyType)
    {
        requestType = Only(model.Requests.Keys, source, root, isPolicy: false) ?? requestType;
        var mentioned = Only(model.Policies.Keys, source, root, isPolicy: true);
        policyType = mentioned ?? policyType;
        var operands = root is LogicalSyntax { IsAnd: true } chain ? chain.Operands : [root];
        var conjuncts = ImmutableArray.CreateBuilder<EqualityConjunct>();
        var rest = ImmutableArray.CreateBuilder<Syntax>();
        foreach (var operand in operands)
        {
            if (conjuncts.Count < RowIndex.MostConjuncts && AsConjunct(model, operand, requestType, policyType) is { } conjunct)
                conjuncts.Add(conjunct);
            else
                rest.Add(operand);
        }

        Syntax residual = rest.Count switch
        {
            0 => new LiteralSyntax(0, true),
            1 => rest[0],
            _ => new LogicalSyntax(root.Offset, true, rest.ToImmutable()),
        };
        return new MatcherPlan(source, root, requestType, policyType, mentioned is not null, conjuncts.ToImmutable(), residual);
    }

    /// <summary>
    /// The part of the matcher that holds whatever a row would say: what an empty policy allows. `r.sub == p.sub || r.sub == 'root'` leaves `r.sub == 'root'`.
    /// </summary>
    public Syntax WithoutRows() => Bound(Root, lower: true);

    private static Syntax Bound(Syntax syntax, bool lower)
    {
        if (!MentionsPolicy(syntax))
            return syntax;
        return syntax switch
        {
            LogicalSyntax logical => logical with { Operands = [.. logical.Operands.Select(operand => Bound(operand, lower))] },
            NotSyntax not => not with { Operand = Bound(not.Operand, !lower) },
            _ => new LiteralSyntax(syntax.Offset, !lower),
        };
    }

    private static bool MentionsPolicy(Syntax syntax) => syntax.Descend().OfType<FieldSyntax>().Any(field => field.IsPolicy);

    /// <summary>What is wrong with a matcher that is about two definitions of one kind; null for nothing.</summary>
    public static string? FindMixture(SourceText source, Syntax root) => FindMixture(source, root, isPolicy: true) ?? FindMixture(source, root, isPolicy: false);

    private static string? FindMixture(SourceText source, Syntax root, bool isPolicy)
    {
        var fields = root.Descend().OfType<FieldSyntax>().Where(field => field.IsPolicy == isPolicy).OrderBy(field => field.Offset).ToList();
        var other = fields.Find(field => field.Definition != fields[0].Definition);
        return other is null
            ? null
            : $"{source.PlaceOf(other.Offset)}: the matcher is about `{fields[0].Definition}` and `{other.Definition}`; a decision sees one of them, so use two matchers";
    }

    /// <summary>The one request or policy definition that the matcher mentions; null for none.</summary>
    private static string? Only(IReadOnlyCollection<string> defined, SourceText source, Syntax root, bool isPolicy)
    {
        if (FindMixture(source, root, isPolicy) is { } mixture)
            throw new CasbinException(mixture);
        var field = root.Descend().OfType<FieldSyntax>().FirstOrDefault(field => field.IsPolicy == isPolicy);
        if (field is not null && !defined.Contains(field.Definition, StringComparer.Ordinal))
            throw CasbinException.At(source.PlaceOf(field.Offset), $"`{field.Definition}` is not defined in `[{(isPolicy ? "policy" : "request")}_definition]`");
        return field?.Definition;
    }

    private static EqualityConjunct? AsConjunct(DefaultModel model, Syntax syntax, string requestType, string policyType)
    {
        if (syntax is not BinarySyntax { Operator: BinaryOperator.Equal, Left: FieldSyntax left, Right: FieldSyntax right } || left.IsPolicy == right.IsPolicy)
            return null;
        var (request, policy) = left.IsPolicy ? (right, left) : (left, right);
        var requestIndex = model.Requests[requestType].IndexOf(request.Token);
        var policyIndex = model.Policies[policyType].IndexOf(policy.Token);

        // An unknown field is reported when the row is bound.
        return requestIndex < 0 || policyIndex < 0 ? null : new EqualityConjunct(requestIndex, policyIndex);
    }
}
