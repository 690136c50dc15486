using System.Text;
using System.Text.Json;

namespace Gateway.Compute.Api;

/// <summary>Reads bodies: whole, bounded, and as JSON every key and string of which can be read.</summary>
internal static class RequestBody
{
    /// <summary>Nova's <c>max_request_body_size</c>.</summary>
    public const int MaxBytes = 114_688;

    /// <summary>The body's bytes, or null when there are more than <see cref="MaxBytes"/>.</summary>
    public static async Task<byte[]?> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.ContentLength > MaxBytes)
            return null;
        var buffer = new byte[request.ContentLength is { } length ? (int)length : 4096];
        var filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
            {
                if (filled > MaxBytes)
                    return null;
                Array.Resize(ref buffer, Math.Max(1024, buffer.Length + (buffer.Length / 2) + 1));
            }

            var read = await request.Body.ReadAsync(buffer.AsMemory(filled), cancellation);
            if (read == 0)
                return filled > MaxBytes ? null : buffer[..filled];
            filled += read;
        }
    }

    public static bool TryParse(ReadOnlyMemory<byte> bytes, out JsonElement body)
    {
        body = default;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement.Clone();
            if (!System.Text.Unicode.Utf8.IsValid(bytes.Span))
                return false;
            ReadEverything(root);
            body = root;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate, written as an escape: JSON by its grammar, but no text.
            return false;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static void ReadEverything(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                _ = member.Name;
                ReadEverything(member.Value);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                ReadEverything(item);
        }
        else if (element.ValueKind == JsonValueKind.String)
        {
            _ = element.GetString();
        }
    }
}
