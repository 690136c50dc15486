using System.Globalization;

namespace Gateway.DevIdentity.Tokens;

/// <summary>
/// The tokens taken back before their time, by audit id. Kept in a file, one line per token (`audit id`, a space, its expiry in Unix
/// seconds), so that a restart does not give them back; lines of tokens that have expired since are dropped at the next start.
/// </summary>
internal sealed class RevokedTokens
{
    private const string FileName = "revoked-tokens.txt";

    // Guards _revoked and the file: every use takes it.
    private readonly Lock _lock = new();
    private readonly HashSet<string> _revoked = new(StringComparer.Ordinal);
    private readonly string? _path;

    private RevokedTokens(string? path) => _path = path;

    /// <exception cref="DevIdentityStartException">The file cannot be read or written, or a line of it makes no sense.</exception>
    public static RevokedTokens Open(string? directory, TimeProvider time)
    {
        if (directory is null) return new RevokedTokens(path: null);
        var path = Path.Combine(directory, FileName);
        var tokens = new RevokedTokens(path);
        try
        {
            if (File.Exists(path)) tokens.Load(path, time.GetUtcNow().ToUnixTimeSeconds());
            return tokens;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new DevIdentityStartException([$"{path}: cannot be used: {fault.Message}"]);
        }
    }

    public void Add(Token token)
    {
        lock (_lock)
        {
            if (!_revoked.Add(token.AuditIds[0]) || _path is null) return;
            File.AppendAllText(_path, $"{token.AuditIds[0]} {token.ExpiresAt.ToUnixTimeSeconds()}\n");
        }
    }

    public bool Contains(Token token)
    {
        lock (_lock) return _revoked.Contains(token.AuditIds[0]);
    }

    private void Load(string path, long now)
    {
        var lines = File.ReadAllLines(path);
        var kept = new List<string>();
        foreach (var (i, line) in lines.Index())
        {
            if (line.Split(' ') is not [var id, var expiry] || !long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var expires))
                throw new DevIdentityStartException([$"{path}:{i + 1}: `{line}` is not an audit id and an expiry: delete the line"]);
            if (expires <= now) continue;
            kept.Add(line);
            _revoked.Add(id);
        }

        if (kept.Count < lines.Length) File.WriteAllLines(path, kept);
    }
}
