namespace Gateway.Audit.Tests.Checkpoints;

public sealed class SignedNoteTests
{
    // The example of the format's own documentation.
    private const string KnownKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string KnownNote =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        + "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    [Fact]
    public void Verifies_a_note_that_others_signed()
    {
        var note = SignedNote.Parse(KnownNote);
        Assert.True(note.IsSignedBy(NoteKey.Parse(KnownKey)));
        Assert.Equal(KnownNote, note.ToString());
        Assert.Equal(KnownKey, NoteKey.Parse(KnownKey).ToString());
        Assert.False(SignedNote.Parse(KnownNote.Replace("answer", "Answer", StringComparison.Ordinal)).IsSignedBy(NoteKey.Parse(KnownKey)));
    }

    [Fact]
    public void Signs_what_it_verifies_and_keeps_its_key_as_PEM()
    {
        var signer = NoteSigner.FromPem("a/b", NoteSigner.Create("a/b").ToPem());
        var note = SignedNote.Parse(SignedNote.Sign("text\n", signer).ToString());
        Assert.True(note.IsSignedBy(signer.Key));
        Assert.False(note.IsSignedBy(NoteSigner.Create("a/b").Key));
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", signer.ToPem(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x", "no empty line parts the text from its signatures")]
    [InlineData("x\n\n", "it has no signature")]
    [InlineData("x\n\n— a\n", "`— a` is not a signature")]
    [InlineData("x\n\n— a !\n", "`— a !` is not a signature")]
    public void Refuses_what_is_no_note(string text, string problem) =>
        Assert.Equal($"not a signed note: {problem}", Assert.Throws<FormatException>(() => SignedNote.Parse(text)).Message);

    [Theory]
    [InlineData("a+b")]
    [InlineData("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    public void Refuses_what_is_no_key(string text) =>
        Assert.StartsWith($"`{text}` is not a key: ", Assert.Throws<FormatException>(() => NoteKey.Parse(text)).Message, StringComparison.Ordinal);
}
