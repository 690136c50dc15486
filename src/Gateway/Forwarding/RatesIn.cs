using System.Text.Json;

namespace Gateway.Forwarding;

/// <summary>Puts the gateway's rate limits into a backend's answer to <c>GET /limits</c>; every other byte stays as it was.</summary>
internal static class RatesIn
{
    /// <summary>Larger answers are passed on as they are; this one is some hundred bytes.</summary>
    public const int LargestAnswer = 1 << 20;

    /// <summary>The answer with another value of <c>limits.rate</c>; the answer itself when it has none.</summary>
    public static ReadOnlyMemory<byte> Answer(ReadOnlyMemory<byte> answer, ReadOnlySpan<byte> rates)
    {
        var (start, end) = Find(answer.Span);
        if (start < 0) return answer;
        var merged = new byte[answer.Length - (end - start) + rates.Length];
        answer.Span[..start].CopyTo(merged);
        rates.CopyTo(merged.AsSpan(start));
        answer.Span[end..].CopyTo(merged.AsSpan(start + rates.Length));
        return merged;
    }

    /// <summary>An answer's body, of which no more than one byte beyond <see cref="LargestAnswer"/> is read.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream body, CancellationToken cancel)
    {
        var read = new byte[4096];
        var length = 0;
        while (length <= LargestAnswer)
        {
            if (length == read.Length) Array.Resize(ref read, Math.Min(length * 2, LargestAnswer + 1));
            var got = await body.ReadAsync(read.AsMemory(length), cancel);
            if (got == 0) break;
            length += got;
        }

        return read.AsMemory(0, length);
    }

    /// <summary>Where the value of <c>limits.rate</c> begins and ends.</summary>
    private static (int Start, int End) Find(ReadOnlySpan<byte> answer)
    {
        try
        {
            var json = new Utf8JsonReader(answer);
            var inLimits = false;
            while (json.Read())
            {
                if (json.TokenType != JsonTokenType.PropertyName) continue;
                var isLimits = json.CurrentDepth == 1 && json.ValueTextEquals("limits");
                var isRate = inLimits && json.CurrentDepth == 2 && json.ValueTextEquals("rate");
                if (json.CurrentDepth == 1) inLimits = isLimits;
                json.Read();
                var start = (int)json.TokenStartIndex;
                if (isRate)
                {
                    json.Skip();
                    return json.TokenType == JsonTokenType.EndArray ? (start, (int)json.BytesConsumed) : (-1, -1);
                }

                if (!isLimits) json.Skip();
            }
        }
        catch (JsonException)
        {
            // What is no JSON is the client's to make sense of.
        }

        return (-1, -1);
    }
}
