using System.Text.RegularExpressions;
using Gateway.Compute.Api;
using Gateway.Compute.Storage;

namespace Gateway.Compute.Servers;

/// <summary>The filters of the two server lists, and which of them a caller may use.</summary>
internal static class ServerQuery
{
    // Filters on what a non-administrator is not shown are ignored for him, as Nova does.
    private static readonly (string Name, bool AdminOnly, Func<Server, string, bool> Matches)[] TextFilters =
    [
        ("image", false, (server, value) => server.ImageId == value[(value.LastIndexOf('/') + 1)..]),
        ("flavor", false, (server, value) => server.FlavorId == value),
        ("uuid", true, (server, value) => server.Id == value),
        ("reservation_id", false, (server, value) => server.ReservationId == value),
        ("user_id", true, (server, value) => server.UserId == value),
        ("host", true, (server, value) => server.Host == value),
        ("node", true, (server, value) => server.Host == value),
        ("vm_state", true, (server, value) => server.VmState == value),
        ("task_state", true, (server, value) => server.TaskState == value),
    ];

    private static readonly string[] True = ["1", "t", "true", "on", "y", "yes"];
    private static readonly string[] False = ["0", "f", "false", "off", "n", "no"];

    /// <returns>The refusal, or null with the servers, newest first.</returns>
    public static ApiAnswer? Run(ApiRequest request, ComputeSession session, string rule, out List<Server> servers)
    {
        servers = [];
        var caller = request.Caller;
        if (!TryReadFlag(request, "all_tenants", emptyMeans: true, out var allProjects))
            return ApiAnswer.BadRequest($"Unrecognized value '{request.Parameter("all_tenants")}', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'");
        if (allProjects && !caller.IsAdmin)
            return ApiAnswer.Forbidden($"{rule}:get_all_tenants");

        var changes = new Changes(request);
        if (changes.Problem is { } wrong)
            return ApiAnswer.BadRequest(wrong);
        _ = TryReadFlag(request, "deleted", emptyMeans: false, out var wantsDeleted);
        bool? deleted = caller.IsAdmin && request.Query.ContainsKey("deleted") ? wantsDeleted : changes.Asked ? null : false;

        // Without a project (a system or domain token) there is nothing of one's own to list.
        if (!allProjects && caller.ProjectId is null)
            return null;
        var projectFilter = request.Parameter("tenant_id") ?? request.Parameter("project_id");
        IEnumerable<Server> found = session.Servers.List(allProjects ? projectFilter : caller.ProjectId, deleted);

        if (request.Query["status"] is { Count: > 0 } statuses)
        {
            if (!statuses.Any(status => ServerStatus.IsKnown(status ?? "")))
            {
                if (request.Version.AtLeast(38))
                    return ApiAnswer.BadRequest("Invalid status value");
                return null;
            }

            if (statuses.Any(status => ServerStatus.Same(status ?? "", "DELETED")))
            {
                if (!caller.IsAdmin)
                    return ApiAnswer.Fault(403, "Only administrators may list deleted instances");
                found = session.Servers.List(allProjects ? projectFilter : caller.ProjectId, deleted: null);
            }

            found = found.Where(server => statuses.Any(status => ServerStatus.Same(status ?? "", server.Status)));
        }

        if (request.Parameter("name") is { } pattern)
        {
            if (!TryCompile(pattern, out var regex))
                return ApiAnswer.BadRequest($"Invalid input for query parameters name. Value: {pattern}. '{pattern}' is not a 'regex'");
            found = found.Where(server => regex.IsMatch(server.Name));
        }

        foreach (var (name, adminOnly, matches) in TextFilters)
        {
            if (request.Parameter(name) is { } value && (caller.IsAdmin || !adminOnly))
                found = found.Where(server => matches(server, value));
        }

        if (request.Version.AtLeast(73) && request.Query.ContainsKey("locked"))
        {
            if (!TryReadFlag(request, "locked", emptyMeans: false, out var locked))
                return ApiAnswer.BadRequest($"Unrecognized value '{request.Parameter("locked")}', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'");
            found = found.Where(server => server.Locked == locked);
        }

        if (request.Version.AtLeast(26))
            found = FilterTags(request, found);
        servers = [.. Sorted(request, found.Where(changes.Includes))];
        return null;
    }

    /// <summary>Nova hands the name to the database as a regular expression; one that takes time out of bounds is refused.</summary>
    private static bool TryCompile(string pattern, out Regex regex)
    {
        regex = null!;
        try
        {
            regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            return pattern.Length is > 0 and <= 255;
        }
        catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    private static IEnumerable<Server> FilterTags(ApiRequest request, IEnumerable<Server> found)
    {
        foreach (var (name, matches) in new (string, Func<IEnumerable<string>, Server, bool>)[]
        {
            ("tags", (tags, server) => tags.All(server.Tags.Contains)),
            ("tags-any", (tags, server) => tags.Any(server.Tags.Contains)),
            ("not-tags", (tags, server) => !tags.All(server.Tags.Contains)),
            ("not-tags-any", (tags, server) => !tags.Any(server.Tags.Contains)),
        })
        {
            if (request.Parameter(name) is { } value)
            {
                var tags = value.Split(',');
                found = found.Where(server => matches(tags, server));
            }
        }

        return found;
    }

    private static IEnumerable<Server> Sorted(ApiRequest request, IEnumerable<Server> servers)
    {
        Func<Server, string?>? key = request.Parameter("sort_key") switch
        {
            "display_name" or "name" => server => server.Name,
            "uuid" => server => server.Id,
            "created_at" => server => server.CreatedAt,
            "updated_at" => server => server.UpdatedAt,
            "launched_at" => server => server.LaunchedAt,
            "vm_state" => server => server.VmState,
            "task_state" => server => server.TaskState,
            "host" when request.Caller.IsAdmin => server => server.Host,
            _ => null,
        };
        if (key is null)
            return servers;
        return request.Parameter("sort_dir") == "asc"
            ? servers.OrderBy(key, StringComparer.Ordinal)
            : servers.OrderByDescending(key, StringComparer.Ordinal);
    }

    private static bool TryReadFlag(ApiRequest request, string name, bool emptyMeans, out bool flag)
    {
        flag = false;
        if (request.Parameter(name) is not { } text)
            return true;
        var word = text.Trim().ToLowerInvariant();
        flag = word.Length == 0 ? emptyMeans : True.Contains(word);
        return word.Length == 0 || flag || False.Contains(word);
    }

    /// <summary>changes-since and, from 2.66, changes-before.</summary>
    private sealed class Changes
    {
        private readonly string? _since;
        private readonly string? _before;

        public Changes(ApiRequest request)
        {
            _since = Read(request, "changes-since");
            if (request.Version.AtLeast(66))
                _before = Read(request, "changes-before");
            if (Problem is null && _since is not null && _before is not null && string.CompareOrdinal(_before, _since) < 0)
                Problem = "The value of changes-since must be less than or equal to changes-before.";
        }

        public string? Problem { get; private set; }

        public bool Asked => _since is not null || _before is not null;

        public bool Includes(Server server) =>
            (_since is null || string.CompareOrdinal(server.UpdatedAt, _since) >= 0)
            && (_before is null || string.CompareOrdinal(server.UpdatedAt, _before) <= 0);

        private string? Read(ApiRequest request, string name)
        {
            if (request.Parameter(name) is not { } sent)
                return null;
            if (IsoTime.TryParse(sent, out var time))
                return time;
            Problem = $"Invalid input for query parameters {name}. Value: {sent}. '{sent}' is not a 'date-time'";
            return null;
        }
    }
}
