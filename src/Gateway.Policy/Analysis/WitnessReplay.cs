using System.Net;
using Gateway.Policy.Evaluation;

namespace Gateway.Policy.Analysis;

/// <summary>Takes concrete callers and targets from diagrams, and asks the engine itself about them.</summary>
internal static class WitnessReplay
{
    /// <summary>
    /// The smallest witness of a function: ordinary tokens before others, then few roles, then few unusual attributes. Null when the function is never true.
    /// </summary>
    public static PolicyWitness? Smallest(Universe universe, int function, IEnumerable<ReachedAtom> atoms)
    {
        if (function == DecisionDiagram.False) return null;
        var ordinary = universe.OrdinaryTokens();
        var diagram = universe.Diagram;
        var point = diagram.Cheapest(diagram.AndThen(function, ordinary), universe.CostOf) ?? diagram.Cheapest(function, universe.CostOf)!;
        KeepOnlyWhatMatters(diagram, function, point);
        var target = universe.TargetOf(point);
        return new PolicyWitness(universe.Caller(point), target, Answers(universe, point, atoms, target),
            diagram.Evaluate(ordinary, [.. point.Select(value => Math.Max(value, 0))]) == DecisionDiagram.True);
    }

    // The search also settled what makes a token ordinary; only what the function itself asks for stays.
    private static void KeepOnlyWhatMatters(DecisionDiagram diagram, int function, int[] point)
    {
        var asked = new HashSet<int>();
        for (var node = function; !DecisionDiagram.IsTerminal(node); node = diagram.Child(node, Math.Max(point[diagram.LevelOf(node)], 0))) asked.Add(diagram.LevelOf(node));
        for (var i = 0; i < point.Length; i++)
        {
            if (!asked.Contains(i)) point[i] = -1;
        }
    }

    private static Dictionary<string, string> Answers(Universe universe, int[] point, IEnumerable<ReachedAtom> atoms, Dictionary<string, object?> target)
    {
        var answers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var reached in atoms)
        {
            if (reached.Atom.Plan is not RemotePlan plan || plan.Template.Format(new TargetAttributes(target), out var url, out _) != Outcome.True) continue;
            var answer = universe.Answer(point, reached.Atom.ToString());
            answers[url] = answer == Outcome.RemoteFault ? "fault" : answer == Outcome.True ? "True" : "False";
        }
        return answers;
    }

    /// <summary>What the engine answers to a witness.</summary>
    public static Decision Decide(PolicySet set, string action, PolicyWitness witness)
    {
        var asked = witness.RemoteAnswers.Count == 0 ? set : new PolicySet(set.Table, set.Options, set.Revision, remoteHandler: new AnsweringHandler(witness.RemoteAnswers));
        return asked.Decide(action, new Credentials(witness.Credentials), new TargetAttributes(witness.Target));
    }

    /// <summary>Holds the analysis to the engine.</summary>
    /// <exception cref="PolicyAnalysisException">The two disagree.</exception>
    public static void Verify(PolicySet set, string action, PolicyWitness witness, bool expected)
    {
        var decision = Decide(set, action, witness);
        if (decision.Allowed != expected)
        {
            throw new PolicyAnalysisException(
                $"internal error: for `{action}` the analysis expects {(expected ? "allowed" : "denied")} and the engine answers {decision.Reason} for {witness}; please report this with the rule `{decision.Rule}`");
        }
    }

    private sealed class AnsweringHandler(IReadOnlyDictionary<string, string> answers) : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            answers.FirstOrDefault(known => Uri.TryCreate(known.Key, UriKind.Absolute, out var address) && address == request.RequestUri).Value switch
            {
                { } answer when answer != "fault" => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(answer) },
                _ => throw new HttpRequestException("the witness has no answer for this address"),
            };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Send(request, cancellationToken));
    }
}
