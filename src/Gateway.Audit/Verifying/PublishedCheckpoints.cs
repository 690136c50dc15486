namespace Gateway.Audit;

/// <summary>The checkpoints a verification was given, checked among themselves: signatures, numbers, and that each names the one before.</summary>
internal sealed class PublishedCheckpoints
{
    private readonly Queue<Checkpoint> _bySize;
    private readonly Dictionary<long, string> _notes;

    private PublishedCheckpoints(List<Checkpoint> checkpoints, IReadOnlyList<string> notes, string? lastDigest, CheckpointTrust trust)
    {
        _bySize = new Queue<Checkpoint>(checkpoints.OrderBy(checkpoint => checkpoint.Size));
        _notes = checkpoints.Zip(notes).ToDictionary(pair => pair.First.Number, pair => pair.Second);
        Count = _bySize.Count;
        Last = checkpoints.LastOrDefault();
        LastDigest = lastDigest;
        Trust = trust;
    }

    public int Count { get; }

    public Checkpoint? Last { get; }

    /// <summary>The next one whose records have all been passed; removed by this.</summary>
    public Checkpoint? Take(long size) => _bySize.TryPeek(out var next) && next.Size <= size ? _bySize.Dequeue() : null;

    public Checkpoint? Left => _bySize.TryPeek(out var next) ? next : null;

    /// <summary>How many are over more records than were passed.</summary>
    public int LeftCount => _bySize.Count;

    /// <summary>The digest by which the next one names the last.</summary>
    public string? LastDigest { get; }

    /// <summary>The keys that count after the last.</summary>
    public CheckpointTrust Trust { get; }

    /// <summary>The published note with a number.</summary>
    public string? NoteOf(long number) => _notes.GetValueOrDefault(number);

    /// <param name="notes">The notes, in the order in which they were published.</param>
    /// <param name="keys">The keys that are trusted; empty: signatures are not looked at.</param>
    /// <param name="finding">What is wrong with them.</param>
    public static PublishedCheckpoints? Check(string stream, IReadOnlyList<string> notes, IReadOnlyList<NoteKey> keys, out VerifyFinding? finding)
    {
        var trust = new CheckpointTrust(keys);
        var checkpoints = new List<Checkpoint>();
        string? digest = null;
        foreach (var text in notes)
        {
            if ((CheckpointTrust.Read(stream, text, out var checkpoint, out var note) ?? trust.Check(checkpoint!, note!)) is { } fault)
            {
                finding = fault;
                return null;
            }

            if (checkpoints.LastOrDefault() is { } before && (checkpoint!.Number != before.Number + 1 || checkpoint.Previous != digest || checkpoint.Size < before.Size))
            {
                finding = new VerifyFinding(
                    VerifyProblem.CheckpointMissing, before.Size + 1,
                    $"checkpoint {checkpoint.Number} does not follow checkpoint {before.Number}: one was removed, edited or put elsewhere");
                return null;
            }

            digest = note!.Digest;
            checkpoints.Add(checkpoint!);
        }

        finding = null;
        return new PublishedCheckpoints(checkpoints, notes, digest, trust);
    }
}

/// <summary>Which keys count, from checkpoint to checkpoint: a new key counts once a checkpoint is signed by it and by one that counts.</summary>
internal sealed class CheckpointTrust(IReadOnlyList<NoteKey> keys)
{
    private readonly bool _looks = keys.Count > 0;
    private List<NoteKey> _trusted = [.. keys];

    /// <summary>The keys that count now.</summary>
    public IReadOnlyList<NoteKey> Trusted => _trusted;

    /// <summary>Null when the text is a checkpoint of the stream, whoever signed it.</summary>
    public static VerifyFinding? Read(string stream, string text, out Checkpoint? checkpoint, out SignedNote? note)
    {
        (checkpoint, note) = (null, null);
        try
        {
            note = SignedNote.Parse(text);
            checkpoint = Checkpoint.Parse(note.Text);
        }
        catch (FormatException e)
        {
            return new VerifyFinding(VerifyProblem.CheckpointUnreadable, Sequence: null, $"a checkpoint cannot be read: {e.Message}");
        }

        if (checkpoint.Stream != stream)
            return new VerifyFinding(VerifyProblem.WrongStream, Sequence: null, $"checkpoint {checkpoint.Number} is of stream `{checkpoint.Stream}`, not of `{stream}`");
        return null;
    }

    /// <summary>Null when a key that counts signed it.</summary>
    public VerifyFinding? Check(Checkpoint checkpoint, SignedNote note)
    {
        if (!_looks) return null;
        if (!note.IsSignedBy(_trusted))
            return new VerifyFinding(VerifyProblem.WrongKey, checkpoint.Size, $"checkpoint {checkpoint.Number}, over the records up to {checkpoint.Size}, is not signed by a key that counts there");
        if (checkpoint.NewKey is { } text1)
        {
            NoteKey added;
            try
            {
                added = NoteKey.Parse(text1);
            }
            catch (FormatException e)
            {
                return new VerifyFinding(VerifyProblem.CheckpointUnreadable, checkpoint.Size, $"checkpoint {checkpoint.Number}: {e.Message}");
            }

            if (!note.IsSignedBy(added)) return new VerifyFinding(VerifyProblem.WrongKey, checkpoint.Size, $"checkpoint {checkpoint.Number} names a new key that did not sign it");

            // The key before counts no longer, those after it still may.
            var known = _trusted.FindIndex(key => key.ToString() == added.ToString());
            _trusted = known < 0 ? [added] : [.. _trusted.Skip(known)];
        }

        return null;
    }
}
