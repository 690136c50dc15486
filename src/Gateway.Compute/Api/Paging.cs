using System.Globalization;

namespace Gateway.Compute.Api;

/// <summary>The <c>limit</c> and <c>marker</c> of a list.</summary>
internal sealed record Paging(int Limit, string? Marker)
{
    /// <summary>Nova's <c>max_limit</c>.</summary>
    public const int MaxLimit = 1000;

    /// <returns>Nova's message when the limit is no such number, else null.</returns>
    public static string? Read(ApiRequest request, out Paging paging)
    {
        paging = new Paging(MaxLimit, request.Parameter("marker"));
        if (request.Parameter("limit") is not { } limit)
            return null;
        if (!int.TryParse(limit, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return $"Invalid input for query parameters limit. Value: {limit}. '{limit}' does not match '^[0-9]*$'";
        if (number < 0)
            return $"Invalid input for query parameters limit. Value: {limit}. {limit} is less than the minimum of 0";
        paging = paging with { Limit = Math.Min(number, MaxLimit) };
        return null;
    }

    /// <summary>Cuts a page out of <paramref name="all"/>; false when the marker is not in it.</summary>
    public bool TryCut<T>(IReadOnlyList<T> all, Func<T, string> id, out List<T> page)
    {
        page = [];
        var start = 0;
        if (Marker is not null)
        {
            while (start < all.Count && id(all[start]) != Marker)
                start++;
            if (start == all.Count)
                return false;
            start++;
        }

        page = [.. all.Skip(start).Take(Limit)];
        return true;
    }

    /// <summary>Whether there may be more: the page is as long as it could be.</summary>
    public bool IsFull(int count) => Limit > 0 && count == Limit;
}
