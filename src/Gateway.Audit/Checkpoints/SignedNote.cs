using System.Security.Cryptography;
using System.Text;

namespace Gateway.Audit;

/// <summary>A text and the signatures over it (C2SP signed-note): the text ends with a line feed, then an empty line, then a line for each signature.</summary>
internal sealed record SignedNote(string Text, IReadOnlyList<NoteSignature> Signatures)
{
    private const string Dash = "— ";

    /// <summary>SHA-256 of the whole note, signatures included, by which the next one names it.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToString())));

    public static SignedNote Sign(string text, params IEnumerable<NoteSigner> signers)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return new SignedNote(text, [.. signers.Select(signer => new NoteSignature(signer.Key.Name, [.. signer.Key.Id, .. signer.Sign(bytes)]))]);
    }

    /// <exception cref="FormatException">It is not a signed note.</exception>
    public static SignedNote Parse(string note)
    {
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0) throw new FormatException("not a signed note: no empty line parts the text from its signatures");
        var signatures = new List<NoteSignature>();
        foreach (var line in note[(end + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.StartsWith(Dash, StringComparison.Ordinal) ? line[Dash.Length..].Split(' ') : [];
            var bytes = parts.Length == 2 && TryBase64(parts[1]) is { Length: > 4 } decoded ? decoded : throw new FormatException($"not a signed note: `{line}` is not a signature");
            signatures.Add(new NoteSignature(parts[0], bytes));
        }

        if (signatures.Count == 0) throw new FormatException("not a signed note: it has no signature");

        // Base64 has spare bits: the next note names this one by the bytes as they stand, so there is one way to write them.
        var parsed = new SignedNote(note[..(end + 1)], signatures);
        return parsed.ToString() == note ? parsed : throw new FormatException("not a signed note: a signature is not spelt as one is written");
    }

    /// <summary>Whether one of the keys signed it.</summary>
    public bool IsSignedBy(params IEnumerable<NoteKey> keys)
    {
        var bytes = Encoding.UTF8.GetBytes(Text);
        return keys.Any(key => Signatures.Any(signature =>
            signature.Name == key.Name && signature.Bytes.AsSpan(0, 4).SequenceEqual(key.Id) && key.Verifies(bytes, signature.Bytes[4..])));
    }

    public override string ToString() => $"{Text}\n{string.Concat(Signatures.Select(signature => $"{Dash}{signature.Name} {Convert.ToBase64String(signature.Bytes)}\n"))}";

    private static byte[]? TryBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>A signature: whose, and the key's id of four bytes followed by the signature itself.</summary>
internal sealed record NoteSignature(string Name, byte[] Bytes);
