using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CsCheck;
using Gateway.Actions;
using Xunit;

namespace Gateway.Tests.Actions;

/// <summary>
/// Nova reads bodies with Python's `json`. Whatever comes, the action it would run and the value it would run it with are those that were
/// read here, or the body was refused.
/// </summary>
public sealed class PythonOracleTests
{
    private const string Python = "/usr/bin/python3";

    // Nova: one key, UTF-8, json.loads. Each line holds a body, the key read here and the value written anew from what was read here.
    private const string Script = """
        import base64, json, sys
        for line in sys.stdin:
            body, key, value = (base64.b64decode(part) for part in line.rstrip("\n").split(" "))
            try:
                read = json.loads(body.decode("utf-8"))
                same = isinstance(read, dict) and len(read) == 1 and key.decode("utf-8") in read and read[key.decode("utf-8")] == json.loads(value)
                print("same" if same else "other", flush=True)
            except Exception as e:
                print("refused: %r" % e, flush=True)
        """;

    private static readonly Gen<string> Keys = Gen.OneOf(
        "unlock", "\\u0075nlock", "un\\/lock", "lock", "os-start", "Unlock", "unlock\\u0000", " unlock", "\\ud800", "\\ud83d\\ude00", "é", "a", "b", "\\u0061");

    private static readonly Gen<string> Scalars = Gen.OneOf(
        "null", "true", "false", "0", "-0", "7", "[]", "{}", "\"b\"", "1.0", "1e2", "1E400", "-1e-400", "9007199254740993", "123456789012345678901234567890", "01", "+1", ".5", "NaN", "-Infinity",
        "\"\"", "\"a\"", "\"\\ud83d\\ude00\"", "\"\\ude00\"", "\"\\u0000\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"é\u2028\"", "\"\\x\"", "'a'", "\"\t\"");

    private static readonly Gen<string> Blanks = Gen.OneOf("", "", "", "", " ", "\n", "\t\r\n", "\f", "\u00a0", "\ufeff", "/**/");

    private static readonly Gen<string> Values = Gen.Recursive<string>((depth, inner) => depth > 3
        ? Scalars
        : Gen.OneOf<string>(
            Scalars,
            Gen.Select(Blanks, inner.Array[0, 3]).Select((blank, items) => $"[{blank}{string.Join(",", items)}]"),
            Gen.Select(Blanks, Gen.Select(Keys, inner).Array[0, 3]).Select((blank, members) => $"{{{blank}{string.Join(",", members.Select(m => $"\"{m.Item1}\":{m.Item2}"))}}}")));

    private static readonly Gen<byte[]> Bodies =
        from before in Blanks
        from count in Gen.OneOf(1, 1, 1, 2)
        from members in Gen.Select(Gen.OneOf<string>(Gen.Const("unlock"), Gen.Const("unlock"), Keys), Values).Array[count]
        from after in Gen.OneOf("", "", "", "", " ", "\n", "\0", "{}", ",", "x")
        from mutations in Gen.Select(Gen.Int[0, 1000], Gen.Byte, Gen.Int[0, 20]).Array[2]
        select Mutate(Encoding.UTF8.GetBytes($"{before}{{{string.Join(",", members.Select(m => $"\"{m.Item1}\":{m.Item2}"))}}}{after}"), mutations);

    [Fact]
    public void What_is_read_is_what_Python_reads()
    {
        Assert.True(File.Exists(Python), $"{Python} is missing: it tells what Nova would read; install Python 3");
        var accepted = 0;

        Bodies.Array[4000].Sample(
            bodies =>
            {
                var read = bodies
                    .Select(body => (Body: body, Requests.Action(body).Action))
                    .Where(pair => pair.Action is not null)
                    .ToArray();
                var answers = Ask(read.Select(pair => Line(pair.Body, pair.Action!)));

                Assert.Equal(read.Length, answers.Length);
                for (var i = 0; i < read.Length; i++)
                    Assert.True(answers[i] == "same", $"{answers[i]}: {Encoding.UTF8.GetString(read[i].Body)}");

                accepted += read.Length;
            },
            iter: 3, threads: 1);

        Assert.True(accepted > 500, $"only {accepted} bodies were accepted, too few to tell anything");
    }

    private static string Line(byte[] body, ServerAction action)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            action.Parameters.WriteTo(writer);

        return string.Join(' ', new[] { body, Encoding.UTF8.GetBytes(action.Definition!.Key), stream.ToArray() }.Select(Convert.ToBase64String));
    }

    private static string[] Ask(IEnumerable<string> lines)
    {
        var start = new ProcessStartInfo(Python) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        using var python = Process.Start(start)!;
        var answers = new List<string>();
        foreach (var line in lines)
        {
            // One at a time, so that neither side's pipe fills up.
            python.StandardInput.WriteLine(line);
            python.StandardInput.Flush();
            answers.Add(python.StandardOutput.ReadLine() ?? "Python ended");
        }

        python.StandardInput.Close();
        python.WaitForExit();
        return [.. answers];
    }

    // Some bodies stay as they are; in others a byte is changed, added or lost.
    private static byte[] Mutate(byte[] body, (int At, byte Octet, int Kind)[] mutations)
    {
        foreach (var (at, octet, kind) in mutations)
        {
            var place = at % body.Length;
            body = kind switch
            {
                0 => [.. body[..place], octet, .. body[(place + 1)..]],
                1 => [.. body[..place], octet, .. body[place..]],
                2 when body.Length > 1 => [.. body[..place], .. body[(place + 1)..]],
                _ => body,
            };
        }

        return body;
    }
}
