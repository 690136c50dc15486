namespace Gateway.Actions;

/// <summary>
/// The parameters of a raw query string, decoded as the backend does: `+` is a blank. Both `&amp;` and `;` separate,
/// because backends differ in that, and a condition must not be missed.
/// </summary>
internal sealed class QueryParameters
{
    private static readonly char[] Separators = ['&', ';'];

    private readonly List<KeyValuePair<string, string>> _parameters = [];

    /// <summary>Reads a query string, with or without its question mark.</summary>
    public QueryParameters(string query)
    {
        // One question mark: a second belongs to the first parameter's name.
        foreach (var part in (query.StartsWith('?') ? query[1..] : query).Split(Separators, StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=');
            var name = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? "" : part[(equals + 1)..];
            _parameters.Add(new(Decode(name), Decode(value)));
        }
    }

    public static QueryParameters None { get; } = new("");

    /// <summary>Every value of a parameter, in the order given.</summary>
    public IEnumerable<string> All(string name) =>
        _parameters.Where(parameter => parameter.Key == name).Select(parameter => parameter.Value);

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
