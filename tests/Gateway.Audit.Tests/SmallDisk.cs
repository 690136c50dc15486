using System.Diagnostics;

namespace Gateway.Audit.Tests;

/// <summary>A file system of a few megabytes in memory, which only root can mount.</summary>
internal sealed class SmallDisk : IDisposable
{
    public const string NeedsRoot = "mounting a file system needs root on Linux";

    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static SmallDisk? TryMount(int megabytes)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var path = Directory.CreateTempSubdirectory("audit-disk-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "none", path)) return new SmallDisk(path);
        Directory.Delete(path);
        return null;
    }

    /// <summary>Takes what space is left.</summary>
    public void Fill()
    {
        using var filler = File.Create(FillerPath, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (true) filler.Write(block);
        }
        catch (IOException)
        {
        }
    }

    public void Free() => File.Delete(FillerPath);

    public void MakeReadOnly() => Assert.True(Run("mount", "-o", "remount,ro", Path));

    public void Dispose()
    {
        Assert.True(Run("umount", Path));
        Directory.Delete(Path);
    }

    private string FillerPath => System.IO.Path.Combine(Path, "filler");

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
