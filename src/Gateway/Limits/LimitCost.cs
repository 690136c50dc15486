using System.Globalization;
using System.Text.Json;
using Gateway.Actions;

namespace Gateway.Limits;

/// <summary>How many calls one call counts for.</summary>
/// <param name="Fixed">A number for every call; 0 for the weight that the API catalogue gives the action.</param>
/// <param name="Fields">Dotted paths into the body whose largest number counts instead, when there is one.</param>
internal sealed record LimitCost(int Fixed, IReadOnlyList<string> Fields)
{
    /// <summary>No single call costs more, whatever a body says.</summary>
    public const int Largest = 1_000_000;

    public static LimitCost One { get; } = new(1, []);

    /// <summary>The weight of the API catalogue.</summary>
    public static LimitCost Catalogue { get; } = new(0, []);

    /// <param name="weight">The action's weight in the API catalogue.</param>
    /// <param name="body">The call's body; undefined when there is none.</param>
    public int Of(int weight, BodyValue body)
    {
        var cost = Fixed == 0 ? weight : Fixed;
        if (body.ValueKind != JsonValueKind.Object) return cost;
        foreach (var field in Fields)
        {
            if (BodyPath.Find(body, field) is { } value && NumberIn(value) is { } number) cost = Math.Max(cost, number);
        }

        return cost;
    }

    /// <summary>The API takes whole numbers as digits in a text, too. What is no number is not counted by: its schema refuses it.</summary>
    private static int? NumberIn(BodyValue value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => value.GetString(),
            _ => null,
        };
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? (int)Math.Ceiling(Math.Clamp(number, 1, Largest))
            : text is not null && value.ValueKind == JsonValueKind.Number ? Largest : null;
    }
}
