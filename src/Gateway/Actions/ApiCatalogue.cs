using System.Collections.Frozen;

namespace Gateway.Actions;

/// <summary>
/// The APIs behind the gateway, as data: every operation, the rules that guard it, the shape of its body. What is not in it
/// is refused. One immutable value, safe to share.
/// </summary>
internal sealed class ApiCatalogue
{
    private readonly RouteTrie _routes;
    private readonly UnlistedOperations? _unlisted;

    private ApiCatalogue(RouteTrie routes, IReadOnlyList<ListedOperation> operations, IReadOnlyCollection<string> furtherRules, bool allowsUnlisted)
    {
        FurtherRules = furtherRules;
        _routes = routes;
        Listed = operations;
        _unlisted = allowsUnlisted ? new UnlistedOperations(operations) : null;
        Names = operations
            .SelectMany(route => route.Operation.Body == BodyUse.Action ? route.Operation.Actions.Values.Select(action => action.Name) : [route.Operation.Name])
            .Concat(allowsUnlisted ? [UnlistedOperations.Name] : [])
            .ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Every operation, with the prefixes it is found under.</summary>
    public IReadOnlyList<ListedOperation> Listed { get; }

    public IEnumerable<Operation> Operations => Listed.Select(route => route.Operation);

    /// <summary>The names limits and records know: each operation's, or its actions' where it has them.</summary>
    public FrozenSet<string> Names { get; }

    /// <summary>Rules that the files name and the built-in catalogue does not: those of other services and of vendors.</summary>
    public IReadOnlyCollection<string> FurtherRules { get; }

    /// <summary>Administrators may call what is not in the catalogue.</summary>
    public bool AllowsUnlisted => _unlisted is not null;

    /// <summary>Reads and checks the catalogue that is built into the program.</summary>
    /// <exception cref="CatalogueException">It has faults; all are listed.</exception>
    public static ApiCatalogue LoadEmbedded() => Load(CatalogueFile.Embedded());

    /// <summary>Reads and checks the catalogue of a folder, or the built-in one, as the options say.</summary>
    /// <exception cref="CatalogueException">It has faults; all are listed.</exception>
    public static ApiCatalogue Load(ApiOptions options)
    {
        var folder = options.Catalogue ?? (Directory.Exists(ApiOptions.CustomaryCatalogue) ? ApiOptions.CustomaryCatalogue : null);
        return Load(folder is null ? CatalogueFile.Embedded() : CatalogueFile.FromFolder(folder), options.Unlisted == ApiOptions.AllowAdmin);
    }

    /// <summary>Reads and checks a catalogue of several files.</summary>
    /// <exception cref="CatalogueException">It has faults; all are listed.</exception>
    public static ApiCatalogue Load(IReadOnlyList<CatalogueFile> files, bool allowsUnlisted = false)
    {
        var problems = new List<string>();
        var builtIn = CatalogueFile.Embedded();
        // INVARIANT: a built-in file fits the schema; a test holds it to that, so that a start need not, which takes up to a fifth of its time.
        var fitting = builtIn.Select(file => file.Text).ToHashSet(StringComparer.Ordinal);
        var shape = new Lazy<CatalogueShape>();
        var operations = new List<(CatalogueFile File, ListedOperation Route)>();
        foreach (var file in files)
        {
            if ((fitting.Contains(file.Text) ? file.Root() : shape.Value.Read(file, problems)) is not { } root)
                continue;

            foreach (var route in new CatalogueReader(file.Name, problems).Read(root))
            {
                if (!TryExtend(operations, file, route, problems))
                    operations.Add((file, route));
            }
        }

        var routes = new RouteTrie();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (file, (operation, prefixes)) in operations)
        {
            CheckNames(file, operation, names, problems);
            foreach (var prefix in prefixes)
            {
                if (routes.Add(operation, prefix) is { } other)
                    problems.Add($"{file.Name}: operation `{operation.Name}`: {operation.Method} {prefix}{operation.Path} is `{other.Name}` already; remove one");
            }
        }

        if (files.Count == 0)
            problems.Add("the catalogue has no file, so that every request would be refused; name a folder with `.json` files");
        if (problems.Count > 0)
            throw new CatalogueException(problems);

        string[] further = files.All(file => fitting.Contains(file.Text)) ? []
            : [.. files.SelectMany(file => file.RuleNames()).Except(builtIn.SelectMany(file => file.RuleNames()), StringComparer.Ordinal)];
        return new ApiCatalogue(routes, [.. operations.Select(entry => entry.Route)], further, allowsUnlisted);
    }

    /// <summary>Finds the operation of a request.</summary>
    /// <param name="method">The method, as sent; compared byte for byte.</param>
    /// <param name="path">The path, as sent, without query. Only parameters may have percent-encoded characters, and only such as need it.</param>
    /// <param name="miss">Why there is none.</param>
    public OperationMatch? Match(string method, string path, out RouteMiss miss) => _routes.Match(method, path, out miss);

    /// <inheritdoc cref="Match(string, string, out RouteMiss)"/>
    public OperationMatch? Match(string method, string path) => _routes.Match(method, path, out _);

    /// <summary>
    /// The operation that a request is for: as listed, the version documents for HEAD too (load balancers ask so, and Nova answers), or what stands in for one.
    /// </summary>
    public OperationMatch? Find(string method, string path) =>
        method == "HEAD" && Match("GET", path) is { Operation.Access: OperationAccess.Public } document
            ? document
            : Match(method, path) ?? MatchUnlisted(method, path);

    /// <summary>
    /// What stands in for an operation that is in no catalogue: a path below a known prefix, in a form that no listed path could be taken for.
    /// Null when it is not such a one, or the catalogue is all there is.
    /// </summary>
    public OperationMatch? MatchUnlisted(string method, string path) => _unlisted?.Match(method, path);

    /// <summary>A file may add actions to an operation of another: same name, method and path, both with actions.</summary>
    private static bool TryExtend(List<(CatalogueFile File, ListedOperation Route)> operations, CatalogueFile file, ListedOperation route, List<string> problems)
    {
        var added = route.Operation;
        var index = operations.FindIndex(entry =>
            entry.Route.Operation is var known && added.Body == BodyUse.Action && known.Body == BodyUse.Action && known.Name == added.Name
            && known.Method == added.Method && known.Path == added.Path && entry.Route.Prefixes.SequenceEqual(route.Prefixes, StringComparer.Ordinal));
        if (index < 0)
            return false;

        var (first, (operation, prefixes)) = operations[index];
        foreach (var member in Differences(operation, added))
            problems.Add($"{file.Name}: operation `{added.Name}`: `{member}` is another than in {first.Name}, where the operation stands; write the same");
        foreach (var key in added.Actions.Keys.Where(operation.Actions.ContainsKey).Order(StringComparer.Ordinal))
            problems.Add($"{file.Name}: operation `{added.Name}`: the action `{key}` is in {first.Name} already; remove one");
        var actions = operation.Actions.Values.Concat(added.Actions.Values).DistinctBy(action => action.Key, StringComparer.Ordinal);
        operations[index] = (first, new ListedOperation(operation with { Actions = actions.ToFrozenDictionary(action => action.Key, StringComparer.Ordinal) }, prefixes));
        return true;
    }

    /// <summary>INVARIANT: which file is read first decides nothing; what the files say of the operation itself is the same.</summary>
    private static IEnumerable<string> Differences(Operation first, Operation second)
    {
        if (first.Service != second.Service) yield return "service";
        if (first.Target != second.Target) yield return "target";
        if (first.TargetType != second.TargetType) yield return "target_type";
        if (first.TargetProject != second.TargetProject) yield return "target_project";
        if (first.TargetUser != second.TargetUser) yield return "target_user";
        if (first.Versions != second.Versions) yield return "from, to";
    }

    private static void CheckNames(CatalogueFile file, Operation operation, Dictionary<string, string> names, List<string> problems)
    {
        foreach (var name in operation.Actions.Values.Select(action => action.Name).Prepend(operation.Name))
        {
            if (!names.TryAdd(name, file.Name))
                problems.Add($"{file.Name}: operation `{operation.Name}`: the name `{name}` is taken in {names[name]}; choose another");
        }
    }
}

/// <summary>An operation and the prefixes of its path.</summary>
internal sealed record ListedOperation(Operation Operation, IReadOnlyList<string> Prefixes);
