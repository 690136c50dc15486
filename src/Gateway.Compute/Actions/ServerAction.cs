using System.Text.Json;
using Gateway.Compute.Api;
using Gateway.Compute.Servers;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Actions;

/// <summary>
/// What an action's body leads to: a refusal, or what is to be done with the server once it is found. The body is judged
/// before the server is looked up, as in Nova.
/// </summary>
internal sealed record ActionPlan(ApiAnswer? Refusal, Func<ComputeSession, Server, ApiAnswer>? Run)
{
    public static ActionPlan Refuse(ApiAnswer answer) => new(answer, null);

    public static ActionPlan Do(Func<ComputeSession, Server, ApiAnswer> run) => new(null, run);
}

/// <summary>A key of the action body and the microversions that know it.</summary>
internal sealed record ServerAction(string Key, Func<ApiRequest, JsonElement, ActionPlan> Plan)
{
    public int FirstMinor { get; init; } = 1;

    public int LastMinor { get; init; } = int.MaxValue;
}
