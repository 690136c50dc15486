namespace Gateway.Compute.Storage;

/// <summary>Times as the database keeps them and Nova prints them: UTC text with microseconds and no zone.</summary>
internal static class IsoTime
{
    private const string Format = "yyyy-MM-ddTHH:mm:ss.ffffff";

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(Format);

    /// <summary>The form of <c>created</c> and <c>updated</c>: whole seconds and a Z.</summary>
    public static string Seconds(string text) => text[..19] + "Z";

    /// <summary>Reads a time a client sent (ISO 8601, with or without zone) into the stored form.</summary>
    public static bool TryParse(string sent, out string text)
    {
        var read = DateTimeOffset.TryParse(
            sent, null, System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out var time);
        text = read ? Text(time) : "";
        return read;
    }
}
