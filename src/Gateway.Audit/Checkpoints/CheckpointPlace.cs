using System.Text;

namespace Gateway.Audit;

/// <summary>A second place for checkpoints: another file, or an address that takes each note by POST.</summary>
public sealed class CheckpointPlace : IDisposable
{
    private readonly Uri? _address;
    private readonly HttpClient? _http;
    private long _length = -1;

    private CheckpointPlace(string name, Uri? address)
    {
        Name = name;
        _address = address;
        _http = address is null ? null : new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <summary>What messages call it: of an address, without user, password and query.</summary>
    public string Name { get; }

    /// <param name="place">A path, or an http or https address.</param>
    public static CheckpointPlace Of(string place) => Uri.TryCreate(place, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
        ? new CheckpointPlace(address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped), address)
        : new CheckpointPlace(place, null);

    public void Dispose() => _http?.Dispose();

    internal async Task PublishAsync(string note, CancellationToken ct)
    {
        if (_http is null)
        {
            // Sent once more after a crash came between it and the note that it was sent.
            if (_length >= 0 || !CheckpointFile.Read(Name).Contains(note)) _length = CheckpointFile.Append(Name, note, _length);
            return;
        }

        using var content = new StringContent(note, Encoding.UTF8, "text/plain");
        using var answer = await _http.PostAsync(_address, content, ct);
        answer.EnsureSuccessStatusCode();
    }
}
