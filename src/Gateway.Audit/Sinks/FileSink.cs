namespace Gateway.Audit;

/// <summary>
/// Appends records to a file, a line each, and syncs it. The file is opened for each batch, so that one that was moved away by a rotation is begun anew by itself.
/// </summary>
public sealed class FileSink(string path, SinkFormat format, string stream) : IAuditSink
{
    public string Place => path;

    public Task<bool> SendAsync(IReadOnlyList<StoredAuditEvent> records, CancellationToken ct)
    {
        var lines = SinkJson.Lines(format, stream, records);
        try
        {
            using var file = Open();
            var end = CutToLine(file);
            try
            {
                file.Position = end;
                file.Write(lines.Span);
                file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
                // A disk that is full took half a line; the next try writes it whole.
                file.SetLength(end);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SinkException($"{path}: {e.Message}", e);
        }

        return Task.FromResult(true);
    }

    public Task SettleAsync(CancellationToken ct) => Task.CompletedTask;

    public void Dispose()
    {
    }

    private FileStream Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        return new FileStream(path, options);
    }

    /// <summary>Where whole lines end: what a crash cut short is written over.</summary>
    private static long CutToLine(FileStream file)
    {
        var end = file.Length;
        var part = new byte[64 * 1024];
        while (end > 0)
        {
            var start = Math.Max(0, end - part.Length);
            file.Position = start;
            var read = part.AsSpan(0, (int)(end - start));
            file.ReadExactly(read);
            var last = read.LastIndexOf((byte)'\n');
            if (last >= 0)
            {
                end = start + last + 1;
                break;
            }

            end = start;
        }

        if (end < file.Length) file.SetLength(end);
        return end;
    }
}

/// <summary>Writes records to the process's output, a line each, between the lines of its log.</summary>
public sealed class OutputSink(TextWriter output, SinkFormat format, string stream) : IAuditSink
{
    public string Place => "standard output";

    public Task<bool> SendAsync(IReadOnlyList<StoredAuditEvent> records, CancellationToken ct)
    {
        try
        {
            // In one call: no other line may come in between.
            output.Write(System.Text.Encoding.UTF8.GetString(SinkJson.Lines(format, stream, records).Span));
            output.Flush();
        }
        catch (IOException e)
        {
            throw new SinkException($"standard output: {e.Message}", e);
        }

        return Task.FromResult(true);
    }

    public Task SettleAsync(CancellationToken ct) => Task.CompletedTask;

    public void Dispose()
    {
    }
}
