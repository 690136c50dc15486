using System.Collections.Frozen;

namespace Gateway.Actions;

/// <summary>
/// The APIs behind the gateway, as data: every operation, the rules that guard it, the shape of its body. What is not in it
/// is refused. One immutable value, safe to share.
/// </summary>
internal sealed class ApiCatalogue
{
    private readonly RouteTrie _routes;

    private ApiCatalogue(RouteTrie routes, IReadOnlyList<Operation> operations)
    {
        _routes = routes;
        Operations = operations;
        Names = operations
            .SelectMany(operation => operation.Body == BodyUse.Action ? operation.Actions.Values.Select(action => action.Name) : [operation.Name])
            .ToFrozenSet(StringComparer.Ordinal);
    }

    public IReadOnlyList<Operation> Operations { get; }

    /// <summary>The names limits and records know: each operation's, or its actions' where it has them.</summary>
    public FrozenSet<string> Names { get; }

    /// <summary>Reads and checks the catalogue that is built into the program.</summary>
    /// <exception cref="CatalogueException">It has faults; all are listed.</exception>
    public static ApiCatalogue LoadEmbedded() => Load(CatalogueFile.Embedded());

    /// <summary>Reads and checks a catalogue of several files.</summary>
    /// <exception cref="CatalogueException">It has faults; all are listed.</exception>
    public static ApiCatalogue Load(IReadOnlyList<CatalogueFile> files)
    {
        var problems = new List<string>();
        var shape = new CatalogueShape();
        var routes = new RouteTrie();
        var operations = new List<Operation>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);

        foreach (var file in files)
        {
            if (shape.Read(file, problems) is not { } root)
                continue;

            foreach (var (operation, prefixes) in new CatalogueReader(file.Name, problems).Read(root))
            {
                operations.Add(operation);
                CheckNames(file, operation, names, problems);
                foreach (var prefix in prefixes)
                {
                    if (routes.Add(operation, prefix) is { } other)
                        problems.Add($"{file.Name}: operation `{operation.Name}`: {operation.Method} {prefix}{operation.Path} is `{other.Name}` already; remove one");
                }
            }
        }

        if (files.Count == 0)
            problems.Add("the catalogue has no file, so that every request would be refused; name a folder with `.json` files");
        if (problems.Count > 0)
            throw new CatalogueException(problems);

        return new ApiCatalogue(routes, operations);
    }

    /// <summary>Finds the operation of a request.</summary>
    /// <param name="method">The method, as sent; compared byte for byte.</param>
    /// <param name="path">The path, as sent, without query. Only parameters may have percent-encoded characters, and only such as need it.</param>
    /// <param name="miss">Why there is none.</param>
    public OperationMatch? Match(string method, string path, out RouteMiss miss) => _routes.Match(method, path, out miss);

    /// <inheritdoc cref="Match(string, string, out RouteMiss)"/>
    public OperationMatch? Match(string method, string path) => _routes.Match(method, path, out _);

    private static void CheckNames(CatalogueFile file, Operation operation, Dictionary<string, string> names, List<string> problems)
    {
        foreach (var name in operation.Actions.Values.Select(action => action.Name).Prepend(operation.Name))
        {
            if (!names.TryAdd(name, file.Name))
                problems.Add($"{file.Name}: operation `{operation.Name}`: the name `{name}` is taken in {names[name]}; choose another");
        }
    }
}
