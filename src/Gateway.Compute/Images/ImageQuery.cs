using System.Globalization;
using Gateway.Compute.Api;

namespace Gateway.Compute.Images;

/// <summary>The filters, the order and the paging of <c>GET /v2/images</c>.</summary>
internal static class ImageQuery
{
    private const int DefaultLimit = 25;
    private static readonly string[] NotFilters = ["limit", "marker", "sort", "sort_key", "sort_dir", "member_status", "os_hidden", "visibility"];

    /// <returns>The refusal, or null with the page and whether there is another one.</returns>
    public static ApiAnswer? Run(ApiRequest request, IEnumerable<Image> all, out List<Image> page, out bool more)
    {
        (page, more) = ([], false);
        if (!TryReadLimit(request, out var limit))
            return ApiAnswer.BadRequest("limit param must be an integer");
        if (!TryReadHidden(request, out var hidden))
            return ApiAnswer.BadRequest("Invalid value for os_hidden");

        var visibility = request.Parameter("visibility");
        if (visibility is not (null or "all" or "public" or "private" or "shared" or "community"))
            return ApiAnswer.BadRequest($"Invalid visibility value: {visibility}");
        var found = all
            .Where(image => image.IsVisibleTo(request.Caller) && image.Hidden == hidden)
            .Where(image => visibility is null or "all" || image.Visibility == visibility);
        foreach (var name in request.Query.Keys.Except(NotFilters, StringComparer.Ordinal))
        {
            var value = request.Parameter(name)!;
            found = found.Where(image => Matches(image, name, value));
        }

        var sorted = Sort(request, found).ToList();
        var start = 0;
        if (request.Parameter("marker") is { } marker)
        {
            start = sorted.FindIndex(image => image.Id == marker) + 1;
            if (start == 0)
                return ApiAnswer.BadRequest("Invalid marker");
        }

        page = [.. sorted.Skip(start).Take(limit)];
        more = limit > 0 && start + page.Count < sorted.Count;
        return null;
    }

    private static bool TryReadLimit(ApiRequest request, out int limit)
    {
        limit = DefaultLimit;
        if (request.Parameter("limit") is not { } text)
            return true;
        var read = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit);
        limit = Math.Min(limit, Paging.MaxLimit);
        return read;
    }

    private static bool TryReadHidden(ApiRequest request, out bool hidden)
    {
        hidden = false;
        return request.Parameter("os_hidden") is not { } text || bool.TryParse(text, out hidden);
    }

    private static bool Matches(Image image, string name, string value)
    {
        if (name is "size_min" or "size_max")
        {
            return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var bound)
                && image.Size is { } size && (name == "size_min" ? size >= bound : size <= bound);
        }

        var actual = name switch
        {
            "id" => image.Id,
            "name" => image.Name,
            "status" => image.Status,
            "owner" => image.Owner,
            "disk_format" => image.DiskFormat,
            "container_format" => image.ContainerFormat,
            "checksum" => image.Checksum,
            "min_disk" => image.MinDisk.ToString(),
            "min_ram" => image.MinRam.ToString(),
            "protected" => image.Protected ? "true" : "false",
            _ => image.Properties.GetValueOrDefault(name),
        };
        if (name == "protected")
            value = value.ToLowerInvariant();
        return value.StartsWith("in:", StringComparison.Ordinal)
            ? value[3..].Split(',').Select(item => item.Trim('"')).Contains(actual)
            : actual == value;
    }

    private static IEnumerable<Image> Sort(ApiRequest request, IEnumerable<Image> images)
    {
        var (key, direction) = request.Parameter("sort")?.Split(',')[0].Split(':') switch
        {
            [var only] => (only, null),
            [var sortKey, var sortDirection] => (sortKey, sortDirection),
            _ => (request.Parameter("sort_key"), request.Parameter("sort_dir")),
        };
        Func<Image, string?>? by = key switch
        {
            "name" => image => image.Name,
            "status" => image => image.Status,
            "id" => image => image.Id,
            "updated_at" => image => image.UpdatedAt,
            "size" => image => (image.Size ?? 0).ToString("D20"),
            "disk_format" => image => image.DiskFormat,
            "container_format" => image => image.ContainerFormat,
            "created_at" => image => image.CreatedAt,
            _ => null,
        };
        if (by is null)
            return direction == "asc" ? images.Reverse() : images;
        return direction == "asc" ? images.OrderBy(by, StringComparer.Ordinal) : images.OrderByDescending(by, StringComparer.Ordinal);
    }
}
