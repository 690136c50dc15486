using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Gateway.Policy.Tests;

/// <summary>
/// The original engine: Debian's python3-oslo.policy behind <c>oslo_oracle.py</c>. When it is not installed the tests that ask it fail, with the way to
/// install it; nothing is skipped.
/// </summary>
internal static class OsloOracle
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Asks all questions at once and gives the answers in the same order.</summary>
    public static List<JsonElement> Ask(IEnumerable<string> questions)
    {
        var start = new ProcessStartInfo(Python)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            // Hashes of texts are the same in every run.
            Environment = { ["PYTHONHASHSEED"] = "0", ["PYTHONIOENCODING"] = "utf-8", ["PYTHONDONTWRITEBYTECODE"] = "1" },
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "oslo_oracle.py"));
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{Python} does not start");
        var errors = process.StandardError.ReadToEndAsync();
        var writing = Task.Run(() =>
        {
            try
            {
                foreach (var question in questions) process.StandardInput.Write(question + "\n");
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended before all was asked; what it said last is reported below.
            }
        });
        var answers = new List<JsonElement>();
        while (process.StandardOutput.ReadLine() is { } line) answers.Add(JsonDocument.Parse(line).RootElement.GetProperty("answer").Clone());
        process.WaitForExit();
        writing.GetAwaiter().GetResult();
        Assert.True(process.ExitCode == 0, "the original engine is not there: install it with `apt-get install python3-oslo.policy`; it said: " + errors.Result);
        return answers;
    }

    public static string Question(object question) => JsonSerializer.Serialize(question);
}
