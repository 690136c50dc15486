namespace Gateway.Audit;

/// <summary>What the verifier found in one store.</summary>
/// <param name="Path">The file.</param>
/// <param name="Stream">The chain's name, as the file gives it.</param>
/// <param name="Records">How many records hold: all of them, or those before the finding.</param>
/// <param name="HeadSequence">The last record that holds.</param>
/// <param name="HeadHash">The chain's hash there, 32 bytes. Noted elsewhere, it can be given to a later verification.</param>
/// <param name="OpenIntents">Intents up to there that nothing closes. While a gateway runs, calls in flight; otherwise a crash that was not recovered yet.</param>
/// <param name="Finding">The first thing wrong, or null.</param>
public sealed record VerifyReport(
    string Path,
    string Stream,
    long Records,
    long HeadSequence,
    ReadOnlyMemory<byte> HeadHash,
    int OpenIntents,
    VerifyFinding? Finding)
{
    public bool IsIntact => Finding is null;

    /// <summary>The first record that is there; above 1 when earlier ones were dropped.</summary>
    public long First { get; init; } = 1;

    /// <summary>The file that was read last, or that the finding is in.</summary>
    public string? Place { get; init; }

    /// <summary>How many checkpoints the records were held to.</summary>
    public int Checkpoints { get; init; }

    /// <summary>The one over the most records; later records rest on the chain alone.</summary>
    public Checkpoint? LastCheckpoint { get; init; }

    /// <summary>How many published ones are over later records than these, and were not compared: those of a sealed part.</summary>
    public int CheckpointsBeyond { get; init; }

    /// <summary>Signatures were checked, with keys that the caller gave.</summary>
    public bool IsHeldToKeys { get; init; }

    /// <summary>Root of the tree over all records that hold.</summary>
    public ReadOnlyMemory<byte> Root { get; init; }

    internal static VerifyReport Failed(string path, string stream, VerifyFinding finding) => new(path, stream, 0, 0, Chain.Genesis, 0, finding);
}

/// <summary>The first thing wrong in a store.</summary>
/// <param name="Problem">What kind of thing.</param>
/// <param name="Sequence">The first record it concerns; null when it is not about one record.</param>
/// <param name="Message">One line for people.</param>
public sealed record VerifyFinding(VerifyProblem Problem, long? Sequence, string Message);

public enum VerifyProblem
{
    /// <summary>A record's bytes, hash or link were changed.</summary>
    Edited,

    /// <summary>A record is missing, whether or not the later ones were renumbered.</summary>
    Removed,

    /// <summary>Records are whole but not in their places.</summary>
    Reordered,

    /// <summary>A record that is not of the chain stands in it.</summary>
    Inserted,

    /// <summary>A record of the chain stands in it twice.</summary>
    Duplicate,

    /// <summary>A record is whole but follows another one than stands before it: that one was rewritten together with its hash.</summary>
    BrokenLink,

    /// <summary>The log ends before its recorded head, or before a head that was noted elsewhere.</summary>
    Truncated,

    /// <summary>The last record is not the one that the recorded head names, or the chain does not pass through a head noted elsewhere.</summary>
    HeadMismatch,

    /// <summary>A column kept for searching does not say what the record says.</summary>
    ColumnMismatch,

    /// <summary>An outcome or recovery whose intent is not open: it never was, or was closed before.</summary>
    OutcomeWithoutIntent,

    /// <summary>The bytes are those that were hashed, but not a record.</summary>
    Unreadable,

    /// <summary>The records are not those that a checkpoint was signed for.</summary>
    CheckpointMismatch,

    /// <summary>A checkpoint does not follow the one before it.</summary>
    CheckpointMissing,

    /// <summary>A checkpoint is not signed by a key that counts.</summary>
    WrongKey,

    /// <summary>What should be a checkpoint is none.</summary>
    CheckpointUnreadable,

    /// <summary>What was noted elsewhere is of records that are not there, so that they cannot be held to it.</summary>
    NotComparable,

    /// <summary>The file is another stream's.</summary>
    WrongStream,

    /// <summary>The file's tables, indexes or pages are not as they should be.</summary>
    StoreDamaged,
}
