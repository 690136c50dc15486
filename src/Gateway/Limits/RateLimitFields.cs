using System.Globalization;
using System.Runtime.CompilerServices;

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
        var policies = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[512]);
        var states = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[512]);
        var isFirst = true;
        foreach (var report in decision.Reports)
        {
            if (report.Shadow) continue;
            if (!isFirst)
            {
                policies.AppendLiteral(", ");
                states.AppendLiteral(", ");
            }

            isFirst = false;
            AppendPolicy(ref policies, report);
            AppendState(ref states, report, decision.Allowed);
        }

        var (policy, state) = (policies.ToStringAndClear(), states.ToStringAndClear());
        if (isFirst) return;
        headers[PolicyName] = policy;
        headers[StateName] = state;
    }

    /// <summary>Whole seconds, never too few.</summary>
    public static long Seconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    // Names are letters, digits, `-` and `_`, so that nothing in them needs escaping.
    private static void AppendPolicy(ref DefaultInterpolatedStringHandler text, LimitReport report)
    {
        text.AppendLiteral("\"");
        text.AppendFormatted(report.Name);
        text.AppendLiteral("\";q=");
        text.AppendFormatted(report.Burst);
        if (report.IsConcurrency)
        {
            text.AppendLiteral(";qu=\"concurrent-requests\"");
            return;
        }

        // The window in which the whole quota comes back: quota and window together are the rate.
        text.AppendLiteral(";w=");
        text.AppendFormatted(Math.Max(1, ((RateUnit.SecondsOf(report.Unit) * report.Burst) + report.Limit - 1) / report.Limit));
    }

    private static void AppendState(ref DefaultInterpolatedStringHandler text, LimitReport report, bool allowed)
    {
        text.AppendLiteral("\"");
        text.AppendFormatted(report.Name);
        text.AppendLiteral("\";r=");
        text.AppendFormatted(report.Remaining);
        var time = allowed ? report.NextAfter : report.RetryAfter ?? TimeSpan.Zero;
        if (time > TimeSpan.Zero)
        {
            text.AppendLiteral(";t=");
            text.AppendFormatted(Seconds(time));
        }

        if (report.Degraded is not null) text.AppendLiteral(";degraded");
    }
}
