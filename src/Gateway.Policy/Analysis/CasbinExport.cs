using System.Text;
using Gateway.Policy.Evaluation;

namespace Gateway.Policy.Analysis;

/// <summary>Writes a policy as the two files of Casbin by which the gateway decides, for anyone who wants to check its answers in another Casbin.</summary>
public static class CasbinExport
{
    /// <summary>The name under which <c>policy.csv</c> answers for actions without a row of their own.</summary>
    public const string FallbackAction = CasbinRows.FallbackAct;

    /// <summary><c>model.conf</c>; its comments say which functions it calls.</summary>
    public static string Model => CasbinEngine.ModelText;

    /// <summary><c>policy.csv</c>: a line for each rule, <c>p, act, "rule", "scope types"</c>; the original's answers, without what the strict semantics deny besides.</summary>
    public static string Policy(PolicySet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var output = new StringBuilder();
        foreach (var row in set.Rows)
        {
            output.Append("p, ").Append(row.Act.AsSpan().ContainsAny("(), ") ? Quoted(row.Act) : row.Act)
                .Append(", ").Append(Quoted(row.Rule)).Append(", ").Append(Quoted(row.Scope)).Append('\n');
        }
        return output.ToString();
    }

    private static string Quoted(string field) => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
