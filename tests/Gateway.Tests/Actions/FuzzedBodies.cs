using System.Text;
using CsCheck;

namespace Gateway.Tests.Actions;

/// <summary>Bodies that somebody could send: bytes, JSON of every shape, and good bodies with something wrong.</summary>
internal static class FuzzedBodies
{
    /// <summary>What clients send, an action each.</summary>
    private static readonly string[] Good =
    [
        """{"createBackup": {"name": "nightly", "backup_type": "daily", "rotation": 2, "metadata": {"by": "cron"}}}""",
        """{"migrate": null}""", """{"migrate": {"host": "node-1"}}""", """{"injectNetworkInfo": null}""", """{"resetNetwork": null}""",
        """{"os-migrateLive": {"host": null, "block_migration": "auto"}}""", """{"os-migrateLive": {"host": "n1", "block_migration": false, "disk_over_commit": false}}""",
        """{"os-resetState": {"state": "active"}}""", """{"addSecurityGroup": {"name": "default"}}""", """{"removeSecurityGroup": {"name": "default"}}""",
        """{"changePassword": {"adminPass": "s3cret"}}""", """{"confirmResize": null}""", """{"revertResize": null}""",
        """{"createImage": {"name": "snapshot", "metadata": {}}}""", """{"evacuate": {"host": "n2", "onSharedStorage": true}}""", """{"forceDelete": null}""",
        """{"restore": null}""", """{"lock": null}""", """{"lock": {"locked_reason": "kept"}}""", """{"unlock": null}""", """{"pause": null}""", """{"unpause": null}""",
        """{"suspend": null}""", """{"resume": null}""", """{"rescue": {"adminPass": "s3cret"}}""", """{"rescue": null}""", """{"unrescue": null}""",
        """{"reboot": {"type": "SOFT"}}""", """{"reboot": {"type": "HARD"}}""",
        """{"rebuild": {"imageRef": "7c9f2a1e-5b0d-4c55-9d8e-0a1b2c3d4e01", "name": "again", "metadata": {"a": "b"}}}""",
        """{"resize": {"flavorRef": "2"}}""", """{"os-start": null}""", """{"os-stop": {}}""", """{"trigger_crash_dump": null}""", """{"shelve": null}""",
        """{"shelveOffload": null}""", """{"unshelve": {"availability_zone": "nova"}}""", """{"os-getConsoleOutput": {"length": 10}}""",
        """{"os-getVNCConsole": {"type": "novnc"}}""", """{"unlock": [1, -2.5e10, "x", true, {"a": {"b": [null]}}]}""",
    ];

    private static readonly Gen<string> Keys = Gen.OneOf(
        "unlock", "\\u0075nlock", "\\u0055nlock", "un\\/lock", "lock", "os-start", "Unlock", "unlock\\u0000", " unlock", "\\ud800", "\\ud83d\\ude00", "\u00e9", "e\u0301",
        "a", "b", "\\u0061", "\\u0062", "", "__proto__", "unlo\\u0063k");

    private static readonly Gen<string> Scalars = Gen.OneOf(
        "null", "true", "false", "0", "-0", "-0.0", "7", "[]", "{}", "\"b\"", "1.0", "1e2", "1E400", "-1e-400", "9007199254740993", "123456789012345678901234567890", "01", "+1", ".5",
        "1.", "0x1", "1_000", "NaN", "-Infinity", "nul", "True", "\"\"", "\"a\"", "\"\\ud83d\\ude00\"", "\"\\ude00\"", "\"\\ud83d\"", "\"\\u0000\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\u00e9\u2028\ufeff\uffff\"", "\"\\x\"", "'a'", "\"\t\"", "\"\u007f\"", "1e308", "1.7976931348623159e308", "5e-324");

    private static readonly Gen<string> Blanks = Gen.OneOf("", "", "", "", " ", "\n", "\t\r\n", "\f", "\v", "\u00a0", "\ufeff", "/**/", "//\n", "\0");

    private static readonly Gen<string> Values = Gen.Recursive<string>((depth, inner) => depth > 4
        ? Scalars
        : Gen.OneOf<string>(
            Scalars,
            Gen.Select(Blanks, inner.Array[0, 3]).Select((blank, items) => $"[{blank}{string.Join(",", items)}]"),
            Gen.Select(Blanks, Gen.Select(Keys, inner).Array[0, 3])
                .Select((blank, members) => $"{{{blank}{string.Join(",", members.Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}"),
            Gen.Int[1, 40].Select(levels => new string('[', levels) + new string(']', levels))));

    /// <summary>Objects with one key, now and then with more or none, and something before and behind.</summary>
    public static readonly Gen<byte[]> Written =
        from before in Blanks
        from count in Gen.OneOf(1, 1, 1, 1, 2, 0)
        from members in Gen.Select(Gen.OneOf<string>(Gen.Const("unlock"), Gen.Const("unlock"), Keys), Values).Array[count]
        from after in Gen.OneOf("", "", "", "", " ", "\n", "\0", "{}", ",", "x", "\u00a0")
        select Encoding.UTF8.GetBytes($"{before}{{{string.Join(",", members.Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}{after}");

    private static readonly Gen<byte> Octets = Gen.OneOf(
        Gen.Byte, Gen.OneOf("{}[]\",:\\u0123456789eE+-. \t\r\n\0nulltruefalse/*".Select(c => (byte)c).ToArray()));

    /// <summary>Bytes without a plan, most of them from JSON's own.</summary>
    public static readonly Gen<byte[]> Random = Octets.Array[0, 64];

    /// <summary>What clients send, a few bytes changed, added, lost, doubled or spelt as escapes.</summary>
    public static readonly Gen<byte[]> Mutated =
        from body in Gen.OneOf<byte[]>(Gen.OneOf(Good).Select(Encoding.UTF8.GetBytes), Written)
        from mutations in Gen.Select(Gen.Int[0, 100_000], Octets, Gen.Int[0, 9], Gen.Int[1, 12]).Array[0, 3]
        select mutations.Aggregate(body, Mutate);

    private static byte[] Mutate(byte[] body, (int At, byte Octet, int Kind, int Length) mutation)
    {
        if (body.Length == 0) return [mutation.Octet];
        var at = mutation.At % body.Length;
        var end = Math.Min(body.Length, at + mutation.Length);
        return mutation.Kind switch
        {
            0 => [.. body[..at], mutation.Octet, .. body[(at + 1)..]],
            1 => [.. body[..at], mutation.Octet, .. body[at..]],
            2 => [.. body[..at], .. body[(at + 1)..]],
            3 => [.. body[..end], .. body[at..]],
            4 => [.. body[..at], .. body[end..]],
            // The same character in another spelling.
            5 => [.. body[..at], .. Encoding.ASCII.GetBytes($"\\u{body[at]:x4}"), .. body[(at + 1)..]],
            6 => body[..at],
            7 => [.. body[..at], (byte)(body[at] ^ 0x20), .. body[(at + 1)..]],
            8 => [.. body, .. body[at..end]],
            _ => body,
        };
    }
}
