using System.Diagnostics.CodeAnalysis;

namespace Gateway.FrontDoor;

/// <summary>Request ids as OpenStack writes them: <c>req-</c> and a lower-case UUID.</summary>
internal static class RequestId
{
    public static string New() => $"req-{RandomId.New():D}";

    /// <summary>Anything but <c>req-&lt;uuid&gt;</c> is dropped in silence, as Nova does with a global id it does not like.</summary>
    public static bool IsWellFormed([NotNullWhen(true)] string? value) =>
        value is { Length: 40 }
        && value.StartsWith("req-", StringComparison.Ordinal)
        && !value.AsSpan(4).ContainsAnyInRange('A', 'Z')
        && Guid.TryParseExact(value.AsSpan(4), "D", out _);
}
