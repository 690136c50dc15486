using System.Security.Cryptography;

namespace Gateway.Audit;

/// <summary>Where a file ends, so that it can be gone on with.</summary>
/// <param name="Length">How many bytes hold.</param>
internal sealed record LineEnd(ChainHead Head, MerkleFrontier Tree, long OpenFloor, long Newest, long Length)
{
    /// <summary>
    /// Reads on from the last head before the last block, and checks what follows. What a crash left unfinished is moved into a file of its own.
    /// </summary>
    /// <exception cref="AuditStoreException">Something does not hold that no crash can have left.</exception>
    public static LineEnd Find(LineFile file, Chain chain, bool mayBeUnfinished)
    {
        var block = file.LastBlock();
        var (said, from) = file.LastHead(block) ?? (new LineHead(file.Header.Base, file.Header.BasePeaks, file.Header.OpenFloor, 0, IsSealed: false, Holder: null), file.Start);
        var before = file.RecordsBefore(from).FirstOrDefault();
        if (!said.Head.Same(before is null ? file.Header.Base : new ChainHead(before.Sequence, before.Hash))) throw Wrong(file, $"the head noted at byte {from} is not record {before?.Sequence}");
        var (sequence, hash, floor, newest, length) = (said.Head.Sequence, said.Head.Hash, said.OpenFloor, said.Newest, from);
        var tree = new MerkleFrontier.Builder(said.Tree(file.Path));
        var computed = new byte[Chain.HashSize];
        var scanner = file.Scanner();
        for (scanner.Start(from, file.Length); scanner.Read(); length = scanner.Next)
        {
            if (scanner.IsComplete && scanner.Line.IsEmpty) continue;
            if (scanner.IsComplete && LogLine.ReadHead(scanner.Line) is { } head && head.Head.Same(new ChainHead(sequence, hash)) && tree.ToFrontier().ToBytes().AsSpan().SequenceEqual(head.Peaks))
            {
                (floor, newest) = (head.OpenFloor, Math.Max(newest, head.Newest));
                continue;
            }

            if (scanner.IsComplete && LogLine.TryReadRecord(scanner.Line, out var record) && record.Sequence == sequence + 1 && hash.AsSpan().SequenceEqual(record.Previous))
            {
                chain.Link(record.Sequence, hash, SHA256.HashData(record.Body), computed);
                if (computed.AsSpan().SequenceEqual(record.Hash))
                {
                    var found = new FoundRecord(record.Sequence, hash, record.Hash.ToArray(), record.Body.ToArray());
                    (sequence, hash, newest) = (found.Sequence, found.Hash, Math.Max(newest, found.Columns.EventTime));
                    tree.Append(hash);
                    continue;
                }
            }

            if (!mayBeUnfinished || !file.IsUnfinished(scanner)) throw Wrong(file, $"record {sequence + 1} does not hold");
            SetAside(file, length);
            break;
        }

        // What an earlier process wrote and did not come to sync must not stand before an empty line of ours. The kernel may take it for synced though it is not,
        // after a sync that failed; written again, it is not taken for that.
        CopyTo(file, block, length, (part, at) => RandomAccess.Write(file.Handle, part.Span, at));
        DiskSync.File(file.Handle, file.Path);
        return new LineEnd(new ChainHead(sequence, hash), tree.ToFrontier(), floor, newest, length);
    }

    private static void SetAside(LineFile file, long length)
    {
        var name = $"{file.Path}.unfinished-{length}";
        for (var more = 2; File.Exists(name); more++) name = $"{file.Path}.unfinished-{length}.{more}";
        try
        {
            using var aside = new FileStream(name, LineFile.Creation(FileMode.CreateNew));
            CopyTo(file, length, file.Length, (part, _) => aside.Write(part.Span));
            aside.Flush();
            DiskSync.File(aside.SafeFileHandle, name);
        }
        catch
        {
            // Half of it would be left at every try while the disk is full.
            File.Delete(name);
            throw;
        }

        DiskSync.Folder(Path.GetDirectoryName(name)!);
        RandomAccess.SetLength(file.Handle, length);
    }

    private static void CopyTo(LineFile file, long from, long to, Action<ReadOnlyMemory<byte>, long> take)
    {
        var part = new byte[1 << 16];
        for (var at = from; at < to;)
        {
            var read = RandomAccess.Read(file.Handle, part.AsSpan(0, (int)Math.Min(part.Length, to - at)), at);
            if (read == 0) return;
            take(part.AsMemory(0, read), at);
            at += read;
        }
    }

    private static AuditStoreException Wrong(LineFile file, string what) => new($"{file.Path}: {what}; verify the store and restore it, or begin a new one");
}
