namespace Gateway.Audit;

/// <summary>
/// Checks a whole log, record by record, and names the first thing that is wrong. A gateway may write it meanwhile. Reading, hashing and
/// following the chain run side by side.
/// </summary>
public static class AuditVerifier
{
    /// <summary>Checks a store with all its segments, or one file of it.</summary>
    /// <exception cref="AuditStoreException">A file cannot be read as an audit store at all.</exception>
    public static VerifyReport Verify(string path, VerifyOptions? options = null, CancellationToken ct = default)
    {
        using var active = StoreReading.Part(path);
        for (var again = true; ; again = false)
        {
            try
            {
                using var reading = StoreReading.Open(path);
                return Verify(path, reading.Parts, options, ct);
            }
            catch (AuditStoreException) when (again)
            {
                // A file that was dropped for its age, or sealed, while the others were opened is not missing: those that are left are opened.
            }
            catch (AuditStoreException e)
            {
                // The store itself can be read; one of its sealed files cannot.
                return VerifyReport.Failed(path, active.Stream, new VerifyFinding(VerifyProblem.StoreDamaged, Sequence: null, e.Message));
            }
        }
    }

    /// <param name="name">What the report calls it.</param>
    /// <param name="sources">The parts of one chain, in order.</param>
    internal static VerifyReport Verify(string name, IReadOnlyList<IChainSource> sources, VerifyOptions? options = null, CancellationToken ct = default)
    {
        options ??= new VerifyOptions();
        var stream = sources[0].Stream;
        if (!Chain.IsStream(stream) || (options.Stream is { } expected && expected != stream))
        {
            var message = $"the store is of stream `{stream}`{(options.Stream is null ? ", which is not a stream's name" : $", not `{options.Stream}`")}";
            return VerifyReport.Failed(name, stream, new VerifyFinding(VerifyProblem.WrongStream, Sequence: null, message));
        }

        if (PublishedCheckpoints.Check(stream, options.Checkpoints, options.Keys, out var finding) is not { } published) return VerifyReport.Failed(name, stream, finding!);
        return new ChainVerification(name, sources, new Chain(stream), options, published).Run(ct);
    }
}
