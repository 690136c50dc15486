namespace Gateway.Audit;

/// <summary>
/// The checkpoints that a record holds, checked among themselves as they are read: numbered without a gap, each naming the one before, signed by a key
/// that counts, and each the same as the published one with its number.
/// </summary>
internal sealed class TrailCheckpoints(string stream, IReadOnlyList<NoteKey> keys, PublishedCheckpoints published)
{
    private readonly CheckpointTrust _own = new(keys);
    private string? _digest;

    /// <summary>The newest so far.</summary>
    public Checkpoint? Last { get; private set; }

    /// <param name="sequence">The record that holds it.</param>
    /// <param name="text">The note.</param>
    /// <param name="isWhole">Nothing is missing before the first record.</param>
    /// <param name="checkpoint">The checkpoint, when nothing is wrong with it.</param>
    public VerifyFinding? Check(long sequence, string text, bool isWhole, out Checkpoint? checkpoint)
    {
        if (CheckpointTrust.Read(stream, text, out checkpoint, out var note) is { } unreadable) return unreadable with { Sequence = sequence };
        var number = checkpoint!.Number;
        if (published.NoteOf(number) is { } same)
        {
            if (same != text) return new VerifyFinding(VerifyProblem.CheckpointMismatch, sequence, $"checkpoint {number} in record {sequence} is not the one that was published");
        }
        else if ((number > published.Last?.Number ? published.Trust : _own).Check(checkpoint, note!) is { } fault)
        {
            return fault with { Sequence = sequence };
        }

        var follows = Last is { } before ? number == before.Number + 1 && checkpoint.Previous == _digest && checkpoint.Size >= before.Size : !isWhole || (number == 1 && checkpoint.Previous == "-");
        if (!follows || (published.Last is { } last && number == last.Number + 1 && checkpoint.Previous != published.LastDigest))
        {
            return new VerifyFinding(
                VerifyProblem.CheckpointMissing,
                sequence,
                $"checkpoint {number} in record {sequence} does not follow {(Last is { } one ? $"checkpoint {one.Number}" : "the beginning")}: one was removed, edited or put elsewhere, or the published ones were lost once and begun anew");
        }

        (Last, _digest) = (checkpoint, note!.Digest);
        return null;
    }
}
