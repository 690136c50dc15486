using System.Diagnostics.CodeAnalysis;

namespace Gateway.FrontDoor;

/// <summary>What a room hands on: its value, or the refusal that ends the walk.</summary>
internal readonly struct Passage<T>
    where T : class
{
    private readonly T? _value;
    private readonly Refusal? _refusal;

    private Passage(T? value, Refusal? refusal) => (_value, _refusal) = (value, refusal);

    /// <summary>True when the request is refused; exactly one of the two is then set.</summary>
    public bool IsRefused([NotNullWhen(false)] out T? value, [NotNullWhen(true)] out Refusal? refusal)
    {
        (value, refusal) = (_value, _refusal);
        return refusal is not null;
    }

    public static implicit operator Passage<T>(T value) => new(value, null);

    public static implicit operator Passage<T>(Refusal refusal) => new(null, refusal);
}
