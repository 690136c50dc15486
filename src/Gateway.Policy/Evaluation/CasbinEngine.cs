using System.Reflection;
using System.Text;
using Gateway.Casbin;

namespace Gateway.Policy.Evaluation;

/// <summary>
/// The Casbin enforcer for one reading, with the functions its rows call. Every atom is prepared when its row compiles; a row that does not compile stops the
/// load. What the functions do depends on the text of a row alone, so an engine can be given other rows.
/// </summary>
internal sealed class CasbinEngine
{
    private const int MaxRuleDepth = 100;

    private readonly Enforcer _enforcer;
    private IReadOnlyList<CasbinRow> _rows;

    public CasbinEngine(RowReading reading, IReadOnlyList<CasbinRow> rows)
    {
        _rows = rows;
        var options = new EnforcerOptions { Functions = reading == RowReading.Original ? OriginalFunctions() : StrictFunctions() };
        _enforcer = new Enforcer(DefaultModel.CreateFromText(ModelText), new RowsAdapter(Stored()), options);
    }

    /// <summary><c>policies/model.conf</c>.</summary>
    public static string ModelText { get; } = ReadModel();

    public bool Enforce(CheckFrame frame, string act) => _enforcer.Enforce(frame, frame.Target, act);

    /// <summary>Decides by these rows from now on. Not for an engine that others use meanwhile.</summary>
    public void Use(IReadOnlyList<CasbinRow> rows)
    {
        if (ReferenceEquals(_rows, rows)) return;
        _rows = rows;
        _enforcer.LoadPolicy();
    }

    // Read anew at each load.
    private IEnumerable<PolicyRow> Stored()
    {
        foreach (var row in _rows) yield return new PolicyRow("p", [row.Act, row.Rule, row.Scope]);
    }

    private static string ReadModel()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Gateway.Policy.model.conf")
            ?? throw new InvalidOperationException("the model is not part of this assembly");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private FunctionMap OriginalFunctions()
    {
        var functions = new FunctionMap()
            .AddPrepared<CheckFrame, bool>("scope", 1, scopes => Scope(scopes[0]))
            .AddPrepared<CheckFrame, bool>("undetermined", 1, outcome => Settled(Enum.Parse<Outcome>(outcome[0])))
            .AddPrepared<CheckFrame, bool>("raise", 1, error => Settled(Enum.Parse<Outcome>(error[0])))
            .AddPrepared<CheckFrame, TargetAttributes, bool>("part", 1, number => Part(number[0]))
            .AddPrepared<CheckFrame, TargetAttributes, bool>("rule", 1, name => Rule(name[0], negated: false));
        foreach (var (name, count, plan) in Atoms())
        {
            functions.AddPrepared<CheckFrame, TargetAttributes, bool>(name, count, texts => Settle(plan(texts)));
        }
        return functions;
    }

    private FunctionMap StrictFunctions()
    {
        var functions = new FunctionMap()
            .AddPrepared<CheckFrame, bool>("scope", 1, scopes => Scope(scopes[0]))
            .AddPrepared<CheckFrame, bool>("raise", 1, error => Settled(Enum.Parse<Outcome>(error[0])))
            .AddPrepared<CheckFrame, TargetAttributes, bool>("part", 1, number => Part(number[0]))
            .AddPrepared<CheckFrame, TargetAttributes, bool>("rule", 1, name => Rule(name[0], negated: false))
            .AddPrepared<CheckFrame, TargetAttributes, bool>("not_rule", 1, name => Rule(name[0], negated: true));
        foreach (var (name, count, plan) in Atoms())
        {
            functions
                .AddPrepared<CheckFrame, TargetAttributes, bool>(name, count, texts => Surely(plan(texts), Outcome.True))
                .AddPrepared<CheckFrame, TargetAttributes, bool>("not_" + name, count, texts => Surely(plan(texts), Outcome.False));
        }
        return functions;
    }

    private static IEnumerable<(string Name, int Constants, Func<IReadOnlyList<string>, AtomPlan> Plan)> Atoms()
    {
        yield return ("role", 1, texts => new RolePlan(CasbinRows.Decode(texts[0])));
        yield return ("admin", 1, texts => new AdminFlagPlan(CasbinRows.Decode(texts[0])));
        yield return ("attr", 2, texts => new AttributePlan(CasbinRows.Decode(texts[0]), CasbinRows.Decode(texts[1])));
        yield return ("remote", 2, texts => new RemotePlan(CasbinRows.Decode(texts[0]), CasbinRows.Decode(texts[1])));
    }

    // After an error nothing is asked any more: the decision is a denial, whatever the rest of the row says.
    private static bool Runs(CheckFrame frame) => frame.Error == Outcome.False;

    private static Func<CheckFrame, TargetAttributes, bool> Settle(AtomPlan plan) => (frame, _) => Runs(frame) && frame.Settle(plan.Evaluate(frame));

    private static Func<CheckFrame, bool> Settled(Outcome outcome) => frame => Runs(frame) && frame.Settle(outcome);

    private static Func<CheckFrame, TargetAttributes, bool> Surely(AtomPlan plan, Outcome wanted) => (frame, _) =>
    {
        if (!Runs(frame)) return false;
        var outcome = plan.Evaluate(frame);
        if (outcome.IsError()) frame.Error = outcome;
        return outcome == wanted;
    };

    private static Func<CheckFrame, bool> Scope(string list)
    {
        if (list.Length == 0) return _ => true;
        var scopes = list.Split(' ');
        var (system, domain, project) = (scopes.Contains("system"), scopes.Contains("domain"), scopes.Contains("project"));
        return frame =>
        {
            var fits = frame.Credentials.Scope switch
            {
                TokenScope.System => system,
                TokenScope.Domain => domain,
                _ => project,
            };
            if (!fits) frame.ScopeMismatch = true;
            return fits;
        };
    }

    private Func<CheckFrame, TargetAttributes, bool> Part(string number)
    {
        var act = CasbinRows.PartActOf(number);
        return (frame, _) => Runs(frame) && frame.MayCall() && _enforcer.Enforce(frame, frame.Target, act);
    }

    private Func<CheckFrame, TargetAttributes, bool> Rule(string literal, bool negated)
    {
        var act = (negated ? "not " : "rule ") + literal;
        return (frame, _) => Runs(frame) && Called(frame, act);
    }

    private bool Called(CheckFrame frame, string act)
    {
        if (frame.Depth >= MaxRuleDepth)
        {
            frame.Error = Outcome.RecursionError;
            return false;
        }
        if (!frame.MayCall()) return false;
        frame.Depth++;
        var answer = _enforcer.Enforce(frame, frame.Target, act);
        frame.Depth--;
        if (frame.Error != Outcome.KeyError) return answer;
        // The original's `rule:` takes any KeyError below it for "no such rule".
        frame.Error = Outcome.False;
        if (frame.Undetermined == Outcome.False) frame.Undetermined = Outcome.MissingTarget;
        return false;
    }
}
