namespace Gateway.Actions;

/// <summary>Why a method and path are no operation of the catalogue.</summary>
internal enum RouteMiss
{
    None,

    /// <summary>No operation has this path.</summary>
    PathUnknown,

    /// <summary>Operations have this path, none with this method. Nova answers 404 to both.</summary>
    MethodUnknown,

    /// <summary>
    /// The server id is not in its canonical form, lower-case hexadecimal with dashes, where one is needed. Some backends find the
    /// same server under other spellings, so that caches and limits could be walked around.
    /// </summary>
    ServerIdNotCanonical,
}

/// <summary>An operation of the catalogue found for a request, with what its path says.</summary>
internal sealed class OperationMatch
{
    private readonly string[] _names;
    private readonly string[] _values;

    public OperationMatch(Operation operation, string prefix, string[] names, string[] values)
    {
        Operation = operation;
        Prefix = prefix;
        _names = names;
        _values = values;
    }

    public Operation Operation { get; }

    /// <summary>The prefix's template, `/v2.1/{project_id}`; empty for paths that stand alone.</summary>
    public string Prefix { get; }

    /// <summary>The request uses `/v2`, the compatible manner of the API: always version 2.1, unknown members of an action ignored.</summary>
    public bool IsCompatibility => Prefix == "/v2" || Prefix.StartsWith("/v2/", StringComparison.Ordinal);

    /// <summary>The project named in the path's prefix, which must be the caller's own.</summary>
    public string? ProjectId => Parameter("project_id");

    public string? ServerId => Parameter("server_id");

    /// <summary>What the path names most closely: its last parameter, the project of the prefix aside; null for lists and the like.</summary>
    public string? TargetId => Array.FindLastIndex(_names, name => name != "project_id") is >= 0 and var index ? _values[index] : null;

    /// <summary>The project that the path names as the target; null when it is named elsewhere, or not at all.</summary>
    public string? TargetProject => Operation.TargetProject is { From: ValueSource.Place.Path } source ? Parameter(source.Name) : null;

    /// <summary>What the path names most closely gives access by itself, as a console's token does.</summary>
    public bool IsTargetSecret => Array.FindLast(_names, name => name != "project_id") is { } name && SecretNames.SpeaksOfCredentials(name);

    /// <summary>The server id has the form of one. Clients also ask for servers by name; those exist under no such id.</summary>
    public bool HasServerUuid => ServerId is { } id && ServerIds.IsCanonical(id);

    /// <summary>A path parameter's text, decoded; null when the path has none of that name.</summary>
    public string? Parameter(string name)
    {
        var index = Array.IndexOf(_names, name);
        return index < 0 ? null : _values[index];
    }
}
