namespace Gateway.Audit;

/// <summary>
/// Tells what was done to a chain, from the first row that does not follow. Each row carries the hash it followed and its own, so a row that is
/// whole says where it belongs even when it stands elsewhere.
/// </summary>
internal sealed class ChainDiagnosis(IChainSource source, Chain chain, ChainHead head, long first, long lastGood, byte[] lastHash)
{
    // Removed records leave their numbers behind; look this far beyond the rows that are there for the number of one that was moved down.
    private const int Beyond = 4096;

    private readonly byte[] _computed = new byte[Chain.HashSize];
    private readonly long _expected = lastGood + 1;

    public VerifyFinding Explain(StoredRow row)
    {
        if (row.Sequence < _expected) return Finding(VerifyProblem.Inserted, row.Sequence, $"record {row.Sequence} was inserted: the log begins at 1");
        if (row.Sequence > _expected) return ExplainGap(row);
        if (row.Sequence > head.Sequence) return Finding(VerifyProblem.Inserted, row.Sequence, $"record {row.Sequence} was inserted after the recorded head {head.Sequence}");

        var linked = row.Previous.AsSpan().SequenceEqual(lastHash);
        if (!linked && Fits(row.Sequence, row.Previous, row.Digest, row.Hash))
        {
            return Finding(
                VerifyProblem.BrokenLink,
                row.Sequence,
                _expected == 1
                    ? "record 1 is whole but follows another record; the beginning of the log was removed"
                    : $"record {_expected} is whole but does not follow the record {lastGood} that stands before it; record {lastGood} was rewritten together with its hash");
        }

        var elsewhere = FindRowThatBelongsHere(row);
        if (!linked && FindOwnNumber(row) is { } own) return ExplainWholeRow(row, own, elsewhere);
        if (elsewhere is { } place) return ExplainDisplaced(row, place);

        var hashEdited = linked && HashAfter(_expected) is { } next && Fits(_expected, lastHash, row.Digest, next);
        return Finding(
            VerifyProblem.Edited,
            _expected,
            hashEdited ? $"record {_expected} was edited: its stored hash was changed, its bytes were not"
            : linked ? $"record {_expected} was edited: its bytes do not give its hash"
            : $"record {_expected} was edited: neither its bytes nor its link fit its hash");
    }

    /// <summary>The row is a whole record of number <paramref name="own"/>, and stands here.</summary>
    private VerifyFinding ExplainWholeRow(StoredRow row, long own, long? elsewhere)
    {
        if (own < _expected)
        {
            return HashAt(own) is { } there && there.AsSpan().SequenceEqual(row.Hash)
                ? Finding(VerifyProblem.Duplicate, _expected, $"record {_expected} is a copy of record {own}")
                : Finding(VerifyProblem.Inserted, own, $"two records claim number {own}: the one that stands there and the one that stands at {_expected}; one of them was inserted");
        }

        return elsewhere is { } place
            ? Finding(VerifyProblem.Reordered, _expected, $"records were reordered: the one at {_expected} belongs at {own}, and the one that belongs at {_expected} stands at {place}")
            : Finding(VerifyProblem.Removed, _expected, $"record {_expected} was removed: the one in its place belongs at {own}");
    }

    /// <summary>The row is no record of the chain; the one that belongs here stands at <paramref name="place"/>.</summary>
    private VerifyFinding ExplainDisplaced(StoredRow row, long place) => HashAt(place) is { } there && Fits(_expected, lastHash, DigestAt(place), there)
        ? Finding(VerifyProblem.Inserted, _expected, $"record {_expected} was inserted: it is not of the chain, and the one that belongs there stands at {place}")
        : Finding(VerifyProblem.Reordered, _expected, $"records were reordered: the bytes that belong at {row.Sequence} stand at {place}");

    private VerifyFinding ExplainGap(StoredRow row)
    {
        if (FindRowThatBelongsHere(row) is { } place)
            return Finding(VerifyProblem.Reordered, _expected, $"records were reordered: the one that belongs at {_expected} stands at {place}");
        if (RowAt(_expected) is not null)
            return Finding(VerifyProblem.Reordered, _expected, $"records were reordered: record {_expected} stands after record {row.Sequence}");

        var last = row.Sequence - 1;
        return Finding(
            VerifyProblem.Removed,
            _expected,
            last == _expected ? $"record {_expected} was removed" : $"records {_expected} to {last} were removed");
    }

    /// <summary>Another row whose bytes follow the last good record: with its own hash, or with the hash that stands here.</summary>
    private long? FindRowThatBelongsHere(StoredRow here)
    {
        foreach (var row in source.After(lastGood))
        {
            if (row.Sequence == _expected) continue;
            chain.Link(_expected, lastHash, row.Digest, _computed);
            if (_computed.AsSpan().SequenceEqual(row.Hash) || _computed.AsSpan().SequenceEqual(here.Hash)) return row.Sequence;
        }

        return null;
    }

    private long? FindOwnNumber(StoredRow row)
    {
        // How many rows there are is counted: the head and the numbers may be anything.
        var last = lastGood + source.After(lastGood).LongCount() + Beyond;
        for (var number = first; number <= last; number++)
        {
            if (Fits(number, row.Previous, row.Digest, row.Hash)) return number;
        }

        return null;
    }

    private bool Fits(long number, ReadOnlySpan<byte> previous, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> hash)
    {
        chain.Link(number, previous, digest, _computed);
        return _computed.AsSpan().SequenceEqual(hash);
    }

    private byte[]? HashAt(long sequence) => RowAt(sequence)?.Hash;

    private byte[] DigestAt(long sequence) => RowAt(sequence)?.Digest ?? [];

    /// <summary>What the record after <paramref name="sequence"/> says it follows; at the end, what the recorded head says.</summary>
    private byte[]? HashAfter(long sequence) => RowAt(sequence + 1)?.Previous ?? (sequence == head.Sequence ? head.Hash : null);

    private StoredRow? RowAt(long sequence) => source.At(sequence);

    private static VerifyFinding Finding(VerifyProblem problem, long sequence, string message) => new(problem, sequence, message);
}
