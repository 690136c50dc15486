using System.Globalization;

namespace Gateway.Audit;

/// <summary>The last record that a sink has, in a small file: what is kept when the process is not. One line: stream, number, hash in hex.</summary>
internal sealed class SinkCursor(string path, string stream)
{
    /// <summary>Where the sink stands; the start when there is no file.</summary>
    /// <param name="problem">Why the file does not count; null when it does, or there is none.</param>
    /// <exception cref="SinkException">The file cannot be read.</exception>
    public ChainHead Read(out string? problem)
    {
        problem = null;
        try
        {
            if (!File.Exists(path)) return ChainHead.Start;
            if (Parse(File.ReadAllText(path)) is not { } noted) problem = "it is not a sink's cursor";
            else if (noted.Stream != stream) problem = $"it is of stream `{noted.Stream}`";
            else return noted.Head;
            return ChainHead.Start;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SinkException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Notes that the sink has everything up to a record; durable when this returns.</summary>
    /// <exception cref="SinkException">It could not be noted.</exception>
    public void Write(ChainHead head)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var temporary = path + ".new";
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{stream} {head.Sequence} {Convert.ToHexStringLower(head.Hash)}\n")));
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SinkException($"{path}: where the sink stands could not be noted: {e.Message}", e);
        }
    }

    private static (string Stream, ChainHead Head)? Parse(string text) =>
        text.TrimEnd('\n').Split(' ') is [var name, var number, { Length: Chain.HashSize * 2 } hex] && hex.All(char.IsAsciiHexDigit)
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? (name, new ChainHead(sequence, Convert.FromHexString(hex)))
            : null;
}
