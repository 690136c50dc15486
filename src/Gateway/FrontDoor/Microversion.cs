using System.Globalization;
using System.Runtime.InteropServices;

namespace Gateway.FrontDoor;

/// <summary>
/// One version of the compute API, `2.60`. The word `latest` is not a version; it is resolved before one is made.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Microversion(int Major, int Minor) : IComparable<Microversion>
{
    /// <summary>What a request means that names no version.</summary>
    public static Microversion Default { get; } = new(2, 1);

    /// <summary>Reads `X.Y`: decimal digits, no leading zeros, nothing around them; Nova's own grammar.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Microversion version)
    {
        version = default;
        var dot = text.IndexOf('.');
        if (dot <= 0 || !TryNumber(text[..dot], out var major) || major == 0 || !TryNumber(text[(dot + 1)..], out var minor))
            return false;

        version = new Microversion(major, minor);
        return true;
    }

    /// <summary>Reads `X.Y`.</summary>
    /// <exception cref="FormatException">The text is not a version.</exception>
    public static Microversion Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var version) ? version : throw new FormatException($"`{text}` is not a version; write `2.60`");

    public int CompareTo(Microversion other) =>
        Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public static bool operator <(Microversion left, Microversion right) => left.CompareTo(right) < 0;

    public static bool operator >(Microversion left, Microversion right) => left.CompareTo(right) > 0;

    public static bool operator <=(Microversion left, Microversion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Microversion left, Microversion right) => left.CompareTo(right) >= 0;

    /// <summary>As the header of all services spells it: <c>compute 2.60</c>.</summary>
    public string ServiceText => this == Default ? "compute 2.1" : $"compute {this}";

    public override string ToString() => this == Default ? "2.1" : string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");

    private static bool TryNumber(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        if (text.Length is 0 or > 6 || (text.Length > 1 && text[0] == '0'))
            return false;

        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;

            number = number * 10 + (c - '0');
        }

        return true;
    }
}
