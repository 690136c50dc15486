using System.Globalization;

namespace Gateway.Compute.Api;

/// <summary>A microversion 2.<see cref="Minor"/> of the compute API.</summary>
internal readonly record struct Microversion(int Minor)
{
    public const int MaxMinor = 96;

    public static readonly Microversion Min = new(1);
    public static readonly Microversion Max = new(MaxMinor);

    public bool AtLeast(int minor) => Minor >= minor;

    public override string ToString() => $"2.{Minor}";

    /// <summary>
    /// Resolves the two version headers as Nova does: the newer header wins, other services in it are ignored, none means 2.1.
    /// On failure <paramref name="status"/> is 400 for nonsense and 406 for a version this service does not have.
    /// </summary>
    public static bool TryResolve(IHeaderDictionary headers, out Microversion version, out int status, out string message)
    {
        (version, status, message) = (Min, 200, "");
        var asked = FromServiceHeader(headers["OpenStack-API-Version"].ToString()) ?? headers["X-OpenStack-Nova-API-Version"].ToString();
        if (asked.Length == 0)
            return true;
        if (asked == "latest")
        {
            version = Max;
            return true;
        }

        if (!TryParse(asked, out var major, out var minor))
        {
            (status, message) = (400, $"API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum.");
            return false;
        }

        if (major != 2 || minor < Min.Minor || minor > MaxMinor)
        {
            (status, message) = (406, $"Version {asked} is not supported by the API. Minimum is {Min} and maximum is {Max}.");
            return false;
        }

        version = new Microversion(minor);
        return true;
    }

    private static string? FromServiceHeader(string header)
    {
        foreach (var entry in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = entry.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
            if (words is [var service, var version] && service.Equals("compute", StringComparison.OrdinalIgnoreCase))
                return version.Trim();
        }

        return null;
    }

    /// <summary>Two numbers without leading zeros, as Nova's pattern <c>^([1-9]\d*)\.([1-9]\d*|0)$</c> has it.</summary>
    private static bool TryParse(string text, out int major, out int minor)
    {
        (major, minor) = (0, 0);
        return text.Split('.') is [var left, var right]
            && IsNumber(left) && left[0] != '0' && IsNumber(right) && (right[0] != '0' || right.Length == 1)
            && int.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out major)
            && int.TryParse(right, NumberStyles.None, CultureInfo.InvariantCulture, out minor);
    }

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);
}
