using Gateway.Policy.Evaluation;

namespace Gateway.Policy.Files;

/// <summary>One entry of a policy file: a name and whatever stands after it.</summary>
internal sealed record FileRule(string Name, object? Value, RuleOrigin Origin, RuleOrigin NameOrigin);
