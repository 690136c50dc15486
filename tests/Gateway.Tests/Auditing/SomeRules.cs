using Gateway.Auditing;
using Gateway.Tests.Actions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Auditing;

internal static class SomeRules
{
    public static AuditRulesStore Store(string text = "rules: []") => AuditRulesStore.Open(null, text, Requests.Catalogue, NullLogger<AuditRulesStore>.Instance);
}
