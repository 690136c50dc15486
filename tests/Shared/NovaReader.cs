using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Gateway.Testing;

/// <summary>
/// Reads as the backend does, which is written in Python: bodies with its <c>json</c> and Nova's rule of one key, targets as a WSGI server and webob take
/// them apart. One process answers all questions, a line each.
/// </summary>
public sealed class NovaReader : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private const string Script = """
        import base64, json, sys
        from urllib.parse import parse_qsl, unquote_to_bytes

        def text(part):
            return base64.b64decode(part).decode("utf-8")

        def the_one(body):
            read = json.loads(text(body))
            if not isinstance(read, dict): raise ValueError("no object")
            if len(read) != 1: raise ValueError("%d keys" % len(read))
            return next(iter(read.items()))

        def action(body):
            return the_one(body)[0]

        def same(body, key, value):
            name, read = the_one(body)
            return name == text(key) and repr(read) == repr(json.loads(text(value)))

        def equal(body, value):
            return repr(json.loads(text(body))) == repr(json.loads(text(value)))

        def target(raw):
            path, _, query = base64.b64decode(raw).partition(b"?")
            path = unquote_to_bytes(path).decode("utf-8")
            return [[part for part in path.split("/") if part], parse_qsl(query.decode("latin-1"), keep_blank_values=True)]

        questions = {"action": action, "same": same, "equal": equal, "target": target}
        for line in sys.stdin:
            kind, *parts = line.split()
            try:
                answer = {"is": questions[kind](*parts)}
            except Exception as e:
                answer = {"refused": repr(e)[:200]}
            print(json.dumps(answer), flush=True)
        """;

    private readonly Lock _turn = new();
    private readonly Process _python;

    /// <summary>Starts Python.</summary>
    public NovaReader()
    {
        if (!File.Exists(Python)) throw new InvalidOperationException($"{Python} is missing: it tells what Nova would read; install Python 3");
        _python = Process.Start(new ProcessStartInfo(Python, ["-I", "-S", "-c", Script])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    /// <summary>The action that Nova would run for a body; null when it would refuse the body.</summary>
    internal string? ActionIn(ReadOnlySpan<byte> body) => Ask(Question("action", body)) is { } answer ? answer.GetString() : null;

    /// <summary>The non-empty segments of a target's path and its query's parameters, decoded; null when they cannot be.</summary>
    internal NovaTarget? TargetOf(string raw)
    {
        if (Ask(Question("target", Encoding.Latin1.GetBytes(raw))) is not { } answer) return null;
        return new NovaTarget(
            [.. answer[0].EnumerateArray().Select(segment => segment.GetString()!)],
            [.. answer[1].EnumerateArray().Select(pair => KeyValuePair.Create(pair[0].GetString()!, pair[1].GetString()!))]);
    }

    /// <summary>Whether Python reads the body as one key with one value: those two, whatever way the value is spelt.</summary>
    internal bool[] AreSame(IReadOnlyList<(byte[] Body, string Key, byte[] Value)> readings) =>
        AskAll([.. readings.Select(reading => $"{Question("same", reading.Body)} {Base64(Encoding.UTF8.GetBytes(reading.Key))} {Base64(reading.Value)}")]);

    /// <summary>Whether Python reads two bodies as the same value.</summary>
    internal bool[] AreEqual(IReadOnlyList<(byte[] Body, byte[] Value)> readings) =>
        AskAll([.. readings.Select(reading => $"{Question("equal", reading.Body)} {Base64(reading.Value)}")]);

    public void Dispose()
    {
        _python.StandardInput.Close();
        _python.WaitForExit();
        _python.Dispose();
    }

    private bool[] AskAll(string[] questions)
    {
        // Few at a time: neither side's pipe may fill up while the other waits.
        const int Few = 16;
        var answers = new List<bool>(questions.Length);
        lock (_turn)
        {
            foreach (var some in questions.Chunk(Few))
            {
                // A body of the largest size is larger than a pipe: Python reads it whole before it answers, so only answers pile up, and they are short.
                foreach (var question in some) _python.StandardInput.WriteLine(question);
                _python.StandardInput.Flush();
                foreach (var _ in some) answers.Add(Read() is { ValueKind: JsonValueKind.True });
            }
        }

        return [.. answers];
    }

    private JsonElement? Ask(string question)
    {
        lock (_turn)
        {
            _python.StandardInput.WriteLine(question);
            _python.StandardInput.Flush();
            return Read();
        }
    }

    private JsonElement? Read()
    {
        var line = _python.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Python ended");
        return JsonElement.Parse(line).TryGetProperty("is", out var answer) ? answer : null;
    }

    private static string Question(string kind, ReadOnlySpan<byte> about) => $"{kind} {Base64(about)}";

    // No part may be empty: the parts of a line are told apart by blanks, and `====` decodes to nothing.
    private static string Base64(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? "====" : Convert.ToBase64String(bytes);
}

/// <summary>What Python makes of a request's target.</summary>
internal sealed record NovaTarget(IReadOnlyList<string> Segments, IReadOnlyList<KeyValuePair<string, string>> Parameters);
