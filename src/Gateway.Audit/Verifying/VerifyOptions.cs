namespace Gateway.Audit;

/// <summary>What else a verification holds a store to, beyond its own word.</summary>
public sealed record VerifyOptions
{
    /// <summary>The stream that the file should be. Finds a store swapped for another's.</summary>
    public string? Stream { get; init; }

    /// <summary>
    /// A head noted elsewhere, earlier: its number and hash. The chain must pass through it. Without one, a store that was cut short, rolled back to a
    /// copy or rewritten from some record to the end, its head included, cannot be told from a genuine one.
    /// </summary>
    public (long Sequence, ReadOnlyMemory<byte> Hash)? KnownHead { get; init; }

    /// <summary>
    /// The checkpoints that were published, as signed notes in their order. The log must have the records that each was signed for. With them, no
    /// <see cref="KnownHead"/> is needed.
    /// </summary>
    public IReadOnlyList<string> Checkpoints { get; init; } = [];

    /// <summary>The keys whose signatures count, oldest first; a new key counts once a checkpoint is signed by it and one that counts. Without any, signatures are not checked.</summary>
    public IReadOnlyList<NoteKey> Keys { get; init; } = [];

    /// <summary>Part of a log: that earlier records are missing is no finding, nor, when the last file is a sealed one, that later ones are.</summary>
    public bool IsPart { get; init; }

    /// <summary>The hashes of so many newest records are kept at hand, to compare a checkpoint in the record with what stands before it.</summary>
    internal int Remembered { get; init; } = 1 << 17;

    /// <summary>Told how many records have been checked, every few thousand.</summary>
    public IProgress<long>? Progress { get; init; }
}
