using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Gateway.Audit;

/// <summary>One verification: what is known to hold so far.</summary>
internal sealed class ChainVerification(string name, IReadOnlyList<IChainSource> sources, Chain chain, VerifyOptions options, PublishedCheckpoints published)
{
    private readonly Dictionary<string, long> _open = new(StringComparer.Ordinal);
    private readonly byte[] _recent = new byte[options.Remembered * Chain.HashSize];
    private readonly byte[] _hash = Chain.Genesis;
    private readonly TrailCheckpoints _trail = new(chain.Stream, options.Keys, published);
    private MerkleFrontier.Builder _tree = new(MerkleFrontier.Empty);
    private byte[] _baseRoot = MerkleTree.EmptyRoot;
    private long _sequence;
    private long _first = 1;
    private long _covered;
    private int _checkpoints;
    private long _signedFor = -1;
    private long? _tombstone;
    private bool _dropped;
    private Checkpoint? _last;

    public VerifyReport Run(CancellationToken ct)
    {
        VerifyFinding? finding = null;
        var current = sources[0];
        try
        {
            foreach (var source in sources)
            {
                current = source;
                finding = source.CheckBefore() ?? Enter(source) ?? CheckRecords(source, ct) ?? CheckEnd(source);
                if (finding is not null) break;
            }

            finding ??= CheckWhole();
            for (var i = 0; finding is null && i < sources.Count; i++) finding = sources[i].CheckAfter();
        }
        catch (Exception e) when (e is SqliteException or IOException or AuditStoreException { InnerException: IOException or InvalidDataException })
        {
            finding = new VerifyFinding(VerifyProblem.StoreDamaged, _sequence + 1, $"the file cannot be read after record {_sequence}: {e.Message}");
        }

        return new VerifyReport(name, chain.Stream, _sequence - _first + 1, _sequence, _hash, _open.Count, finding)
        {
            First = _first,
            Place = current.Name,
            Checkpoints = _checkpoints,
            LastCheckpoint = _last,
            CheckpointsBeyond = published.LeftCount,
            IsHeldToKeys = options.Keys.Count > 0,
            Root = _tree.ToFrontier().Root,
        };
    }

    private VerifyFinding? Enter(IChainSource source)
    {
        if (source.Stream != chain.Stream)
            return new VerifyFinding(VerifyProblem.WrongStream, Sequence: null, $"{source.Name} is of stream `{source.Stream}`, not of `{chain.Stream}`");
        if (ReferenceEquals(source, sources[0]))
        {
            // What stands before the first part is taken from it and proved later: by a record that tells of the part that was dropped.
            if (source.Base.Sequence == 0 && !source.Base.Same(ChainHead.Start)) return new VerifyFinding(VerifyProblem.HeadMismatch, 1, "the file's base is not the beginning of a chain");
            try
            {
                _tree = new MerkleFrontier.Builder(MerkleFrontier.Read(source.Base.Sequence, source.BasePeaks));
            }
            catch (FormatException e)
            {
                return new VerifyFinding(VerifyProblem.HeadMismatch, source.Base.Sequence + 1, $"the tree noted before the first record does not hold: {e.Message}");
            }

            _baseRoot = _tree.ToFrontier().Root;
            source.Base.Hash.CopyTo(_hash, 0);
            (_sequence, _first) = (source.Base.Sequence, source.Base.Sequence + 1);
            _dropped = _sequence > 0;
            return CheckKnownHead() ?? CheckPublished();
        }

        if (source.Base.Sequence > _sequence) return new VerifyFinding(VerifyProblem.Removed, _sequence + 1, $"records {_sequence + 1} to {source.Base.Sequence} were removed: a whole segment is missing before {source.Name}");
        if (source.Base.Sequence != _sequence || !source.Base.Hash.AsSpan().SequenceEqual(_hash))
            return new VerifyFinding(VerifyProblem.BrokenLink, _sequence + 1, $"{source.Name} does not follow record {_sequence}: the segment before it, or it, was rewritten");
        return source.BasePeaks.AsSpan().SequenceEqual(_tree.ToFrontier().ToBytes()) ? null : new VerifyFinding(VerifyProblem.HeadMismatch, _sequence, $"{source.Name}: the tree noted before its first record is not that of the records");
    }

    private VerifyFinding? CheckRecords(IChainSource source, CancellationToken ct)
    {
        VerifyFinding? finding = null;
        (long Sequence, bool IsWellFormed, byte[] Previous, byte[] Hash)? broken = null;
        foreach (var page in source.Examined(ct))
        {
            var heads = 0;
            for (var i = 0; i <= page.Count && finding is null && broken is null; i++)
            {
                for (; finding is null && heads < page.Heads.Count && page.Heads[heads].At == i; heads++) finding = CheckHeadBetween(page.Heads[heads].Head);
                if (finding is not null || i == page.Count) break;
                if (Follows(page, i)) finding = CheckRecord(page, i);
                else broken = (page.Sequence(i), page.Verdict(i).IsWellFormed, page.Previous(i).ToArray(), page.Hash(i).ToArray());
            }

            if (finding is not null || broken is not null) break;
            if (page.Fault is not null) throw page.Fault;
            ct.ThrowIfCancellationRequested();
            options.Progress?.Report(_sequence);
        }

        // Whoever reads ahead is done with the source before the break is explained from it.
        return broken is { } row ? Explain(source, row.Sequence, row.IsWellFormed, row.Previous, row.Hash) : finding;
    }

    private bool Follows(ExaminedPage page, int at) =>
        page.Verdict(at) is { IsWellFormed: true, Fits: true } && page.Sequence(at) == _sequence + 1 && page.Previous(at).SequenceEqual(_hash);

    private VerifyFinding Explain(IChainSource source, long sequence, bool isWellFormed, byte[] previous, byte[] hash)
    {
        if (sequence == ExaminedPage.UnknownNumber) sequence = _sequence + 1;
        if (!isWellFormed)
            return new VerifyFinding(VerifyProblem.Edited, sequence, $"record {sequence} was edited: its bytes or hashes are not of the kind and length that are stored");
        if (sequence >= _first && sequence <= _sequence)
        {
            if (previous.AsSpan().SequenceEqual(_hash))
                return new VerifyFinding(VerifyProblem.Edited, _sequence + 1, $"record {_sequence + 1} was edited: its number was changed to {sequence}");
            return source.At(sequence)?.Hash.AsSpan().SequenceEqual(hash) == true
                ? new VerifyFinding(VerifyProblem.Duplicate, sequence, $"record {sequence} stands a second time after record {_sequence}")
                : new VerifyFinding(VerifyProblem.Inserted, sequence, $"record {sequence} was inserted: it stands after record {_sequence}, beside the one of that number");
        }

        var row = source.At(sequence) ?? throw new AuditStoreException($"{source.Name}: record {sequence} is not there any more; verify again");
        return new ChainDiagnosis(source, chain, source.End?.Head ?? new ChainHead(long.MaxValue, _hash), _first, _sequence, _hash).Explain(row);
    }

    private VerifyFinding? CheckRecord(ExaminedPage page, int at)
    {
        var sequence = page.Sequence(at);
        ref readonly var verdict = ref page.Verdict(at);
        if (CheckContent(sequence, verdict) is { } content) return content;
        if (verdict.Body is { } body && CheckOwnRecord(sequence, body) is { } own) return own;
        _sequence = sequence;
        page.Hash(at).CopyTo(_hash);
        page.Hash(at).CopyTo(_recent.AsSpan((int)(_sequence % options.Remembered) * Chain.HashSize, Chain.HashSize));
        _tree.AppendLeaf(page.Leaf(at).ToArray());
        return CheckKnownHead() ?? CheckPublished();
    }

    private VerifyFinding? CheckContent(long sequence, in RecordVerdict verdict)
    {
        if (verdict.Fault is { } fault) return new VerifyFinding(VerifyProblem.Unreadable, sequence, $"record {sequence} holds, but is not an audit event: {fault}");
        if (verdict.Differing is { } column) return new VerifyFinding(VerifyProblem.ColumnMismatch, sequence, $"record {sequence}: column `{column}` does not say what the record says");
        if (verdict.Kind == AuditKind.Intent)
        {
            if (!_open.TryAdd(verdict.Id!, sequence))
                return new VerifyFinding(VerifyProblem.Duplicate, sequence, $"record {sequence} repeats the id of the open intent {_open[verdict.Id!]}");
        }
        else if (verdict.Kind is AuditKind.Outcome or AuditKind.Recovery && (verdict.IntentId is null || !_open.Remove(verdict.IntentId)) && !_dropped)
        {
            return new VerifyFinding(
                VerifyProblem.OutcomeWithoutIntent,
                sequence,
                $"record {sequence} closes the intent `{verdict.IntentId}`, which is not open: there is none, or it was closed before");
        }

        return null;
    }

    /// <summary>What records say about the log itself: a checkpoint that the gateway made, a part that was dropped.</summary>
    private VerifyFinding? CheckOwnRecord(long sequence, byte[] body)
    {
        AuditEvent e;
        try
        {
            e = AuditJson.Parse(body);
        }
        catch (Exception fault) when (fault is FormatException or JsonException or InvalidOperationException)
        {
            return new VerifyFinding(VerifyProblem.Unreadable, sequence, $"record {sequence} holds, but is not an audit event: {fault.Message}");
        }

        if (e.Action == LogActions.Dropped)
        {
            if (DroppedPart.Of(e) is { } dropped && dropped.Last == _first - 1
                && dropped.Head.AsSpan().SequenceEqual(sources[0].Base.Hash) && dropped.Root.AsSpan().SequenceEqual(_baseRoot)) (_dropped, _tombstone) = (false, _tombstone ?? sequence);
            return null;
        }

        if (CheckpointRecord.Of(e) is not { } recorded)
            return new VerifyFinding(VerifyProblem.CheckpointUnreadable, sequence, $"record {sequence} should hold a checkpoint and does not");
        return _trail.Check(sequence, recorded.Note, isWhole: _first == 1, out var checkpoint) ?? CheckTrailCheckpoint(sequence, checkpoint!, recorded.Peaks);
    }

    /// <summary>The tree at the checkpoint's size is not kept; it is made again from the peaks beside the checkpoint and the records since.</summary>
    private VerifyFinding? CheckTrailCheckpoint(long sequence, Checkpoint checkpoint, byte[] peaks)
    {
        var wrong = new VerifyFinding(
            VerifyProblem.CheckpointMismatch, _covered + 1, $"the checkpoint in record {sequence} is not over these records: one up to {checkpoint.Size} was changed after it was made");
        if (checkpoint.Size > _sequence) return wrong;

        // Its record came late, and the hashes since are no longer at hand: not compared here. Published, it is compared where it belongs.
        if (_sequence - checkpoint.Size >= options.Remembered) return null;
        MerkleFrontier then;
        try
        {
            then = MerkleFrontier.Read(checkpoint.Size, peaks);
        }
        catch (FormatException)
        {
            return wrong;
        }

        if (!then.Root.AsSpan().SequenceEqual(checkpoint.Root.Span)) return wrong;
        var now = new MerkleFrontier.Builder(then);
        for (var between = checkpoint.Size + 1; between <= _sequence; between++)
        {
            // Before the first record that is there.
            if (between < _first) return null;
            now.Append(_recent.AsSpan((int)(between % options.Remembered) * Chain.HashSize, Chain.HashSize));
        }

        if (!now.ToFrontier().Same(_tree.ToFrontier())) return wrong;
        Passed(checkpoint);
        if (options.Keys.Count > 0) _signedFor = Math.Max(_signedFor, checkpoint.Size);
        return null;
    }

    private VerifyFinding? CheckPublished()
    {
        while (published.Take(_sequence) is { } checkpoint)
        {
            // Before the first record that is there, nothing can be compared but the end of what is not.
            if (checkpoint.Size < _first - 1) continue;
            if (checkpoint.Size == _sequence && !_tree.ToFrontier().Root.AsSpan().SequenceEqual(checkpoint.Root.Span))
            {
                return new VerifyFinding(
                    VerifyProblem.CheckpointMismatch,
                    _covered + 1,
                    $"the records up to {_sequence} are not those that checkpoint {checkpoint.Number} was signed for; the first that differs lies between {_covered + 1} and {_sequence}");
            }

            Passed(checkpoint);
            _signedFor = Math.Max(_signedFor, checkpoint.Size);
        }

        return null;
    }

    private void Passed(Checkpoint checkpoint)
    {
        _checkpoints++;
        _covered = Math.Max(_covered, checkpoint.Size);
        if (_last is null || checkpoint.Size >= _last.Size) _last = checkpoint;
    }

    private VerifyFinding? CheckKnownHead()
    {
        if (options.KnownHead is not { } known || known.Sequence != _sequence || known.Hash.Span.SequenceEqual(_hash)) return null;
        return new VerifyFinding(
            VerifyProblem.HeadMismatch,
            _sequence,
            $"record {_sequence} is not the one that was noted elsewhere; it or one before it was rewritten, or this is another log");
    }

    private VerifyFinding? CheckEnd(IChainSource source)
    {
        if (source.End is not { } end) return null;
        return _sequence < end.Head.Sequence
            ? new VerifyFinding(VerifyProblem.Truncated, _sequence + 1, $"records {_sequence + 1} to {end.Head.Sequence} are missing at the end")
            : CheckHead(end);
    }

    private VerifyFinding? CheckHeadBetween(ChainEnd head) => _sequence < head.Head.Sequence
        ? new VerifyFinding(
            VerifyProblem.Removed,
            _sequence + 1,
            head.Head.Sequence == _sequence + 1 ? $"record {_sequence + 1} was removed" : $"records {_sequence + 1} to {head.Head.Sequence} were removed")
        : CheckHead(head);

    private VerifyFinding? CheckHead(ChainEnd end)
    {
        if (_sequence > end.Head.Sequence)
            return new VerifyFinding(VerifyProblem.Inserted, end.Head.Sequence + 1, $"record {end.Head.Sequence + 1} stands after the recorded head {end.Head.Sequence}");
        if (!end.Head.Hash.AsSpan().SequenceEqual(_hash))
            return new VerifyFinding(VerifyProblem.HeadMismatch, _sequence, $"record {_sequence} is not the one that the recorded head names; it was rewritten, or the head was");
        if (end.Peaks is { } peaks && !peaks.AsSpan().SequenceEqual(_tree.ToFrontier().ToBytes()))
            return new VerifyFinding(VerifyProblem.HeadMismatch, _sequence, "the tree noted at the end is not that of the records");
        var passedOver = end.OpenFloor is { } floor ? _open.Values.Where(sequence => sequence < floor).Order().FirstOrDefault() : 0;
        return passedOver == 0 ? null : new VerifyFinding(
            VerifyProblem.ColumnMismatch,
            passedOver,
            $"record {passedOver} is an open intent, but the log says none is open before {end.OpenFloor}");
    }

    private VerifyFinding? CheckWhole()
    {
        // What is a part, the caller says. The file, which may be forged, cannot excuse what is missing before or after it.
        var last = sources[^1];
        if (last.IsSealed && !options.IsPart)
        {
            return new VerifyFinding(
                VerifyProblem.Truncated, _sequence + 1,
                $"{last.Name} is sealed: the file that goes on from record {_sequence} is missing, or a crash came between the two and the gateway was not started since");
        }

        return (last.IsSealed ? null : CheckEndings()) ?? CheckBeginning();
    }

    /// <summary>Nothing that was spoken for is missing at the end.</summary>
    private VerifyFinding? CheckEndings()
    {
        if (published.Left is { } beyond)
        {
            return new VerifyFinding(
                VerifyProblem.Truncated, _sequence + 1,
                $"the log ends at {_sequence}, but checkpoint {beyond.Number} of {beyond.Time:yyyy-MM-dd'T'HH:mm:ss'Z'} was signed for {beyond.Size} records: it was cut short, or an old copy was put back");
        }

        // A checkpoint is in the record before it is published.
        if (published.Last is { } newest && newest.Number > (_trail.Last?.Number ?? 0))
        {
            return new VerifyFinding(
                VerifyProblem.Truncated, _sequence + 1,
                $"the log ends at {_sequence}, but checkpoint {newest.Number} of {newest.Time:yyyy-MM-dd'T'HH:mm:ss'Z'} is not in it{(_trail.Last is { } held ? $", its last is {held.Number}" : "")}: it was cut short, or an old copy was put back");
        }

        return options.KnownHead is { } known && known.Sequence > _sequence
            ? new VerifyFinding(VerifyProblem.Truncated, _sequence + 1, $"the log ends at {_sequence}, but its record {known.Sequence} was noted elsewhere")
            : null;
    }

    /// <summary>Nothing is missing at the beginning but what a record says was dropped, and that record was signed for.</summary>
    private VerifyFinding? CheckBeginning()
    {
        if (options.KnownHead is { } known && (known.Sequence < _first - 1 || known.Sequence > _sequence))
        {
            return new VerifyFinding(
                VerifyProblem.NotComparable, known.Sequence,
                $"record {known.Sequence}, which was noted elsewhere, is not there: the log has {_first} to {_sequence}, so it cannot be held to it; note a newer head, or hold it to checkpoints");
        }

        if (_first == 1) return null;
        var isHeld = options.Checkpoints.Count > 0 || options.Keys.Count > 0;
        if (options.IsPart)
        {
            return !sources[^1].IsSealed && published.Last is { } reaching && _signedFor < _first - 1
                ? new VerifyFinding(
                    VerifyProblem.Truncated, reaching.Size + 1,
                    $"the part begins after record {_first - 1}, and the last checkpoint is over {reaching.Size}: what lies between is missing, or its beginning was made up; give checkpoints made since")
                : null;
        }

        if (_tombstone is not { } tombstone) return new VerifyFinding(VerifyProblem.Removed, 1, $"records 1 to {_first - 1} are not there, and no record says that they were dropped");
        return isHeld && _signedFor < tombstone
            ? new VerifyFinding(
                VerifyProblem.Truncated, 1,
                $"records 1 to {_first - 1} are not there; record {tombstone} says that they were dropped, but no checkpoint that can be checked is over it: they were removed, or give checkpoints made since")
            : null;
    }
}
