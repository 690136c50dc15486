using System.Globalization;
using System.Text;

namespace Gateway.Limits;

/// <summary>
/// The fields <c>RateLimit-Policy</c> and <c>RateLimit</c> of an answer (draft-ietf-httpapi-ratelimit-headers-10), as HTTP structured fields. On a refusal only
/// the limits that refuse say when, so that no time in them is later than <c>Retry-After</c>. Shadow limits are not told to clients.
/// </summary>
internal static class RateLimitFields
{
    public const string PolicyName = "RateLimit-Policy";
    public const string StateName = "RateLimit";

    /// <summary>Sets the fields; none when the call met no limit.</summary>
    public static void Set(IHeaderDictionary headers, LimitDecision decision)
    {
        if (decision.Reports.Count == 0) return;
        var (policies, states) = (new StringBuilder(), new StringBuilder());
        foreach (var report in decision.Reports)
        {
            if (report.Shadow) continue;
            AppendPolicy(policies, report);
            AppendState(states, report, decision.Allowed);
        }

        if (policies.Length == 0) return;
        headers[PolicyName] = policies.ToString();
        headers[StateName] = states.ToString();
    }

    /// <summary>Whole seconds, never too few.</summary>
    public static long Seconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    private static void AppendPolicy(StringBuilder text, LimitReport report)
    {
        Begin(text, report.Name).Append(";q=").Append(report.Burst);
        if (report.IsConcurrency)
        {
            text.Append(";qu=\"concurrent-requests\"");
            return;
        }

        // The window in which the whole quota comes back: quota and window together are the rate.
        var unit = RateUnit.All.First(candidate => candidate.Word == report.Unit).Microseconds / 1_000_000m;
        text.Append(CultureInfo.InvariantCulture, $";w={Math.Max(1, (long)Math.Ceiling(unit * report.Burst / report.Limit))}");
    }

    private static void AppendState(StringBuilder text, LimitReport report, bool allowed)
    {
        Begin(text, report.Name).Append(";r=").Append(report.Remaining);
        var time = allowed ? report.NextAfter : report.RetryAfter ?? TimeSpan.Zero;
        if (time > TimeSpan.Zero) text.Append(";t=").Append(Seconds(time));
        if (report.Degraded is not null) text.Append(";degraded");
    }

    // Names are letters, digits, `-` and `_`, so that nothing in them needs escaping.
    private static StringBuilder Begin(StringBuilder text, string name) => text.Append(text.Length > 0 ? ", \"" : "\"").Append(name).Append('"');
}
