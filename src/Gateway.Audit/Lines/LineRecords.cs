using System.Text;

namespace Gateway.Audit;

/// <summary>A store of lines opened for looking up records, in whichever file they are. Trusts the files; <see cref="AuditVerifier"/> does not.</summary>
internal sealed class LineRecords : IAuditRecords
{
    private readonly List<(long First, long Last, string Path, LineFile? File)> _files = [];

    private LineRecords(LineFile active, IEnumerable<AuditSegment> segments)
    {
        _files.AddRange(segments.Select(segment => (segment.First, segment.Last, segment.Path, (LineFile?)null)));
        _files.Add((active.Header.Base.Sequence + 1, long.MaxValue, active.Path, active));
    }

    public long First => _files[0].First;

    /// <exception cref="AuditStoreException">The file is not an audit store or cannot be read.</exception>
    public static LineRecords Open(string path)
    {
        // The active file is opened before the sealed ones are listed: sealed meanwhile, it is still this file.
        var active = LineFile.Open(path);
        try
        {
            return new LineRecords(active, AuditSegments.Before(path, active.Header.Base.Sequence));
        }
        catch
        {
            active.Dispose();
            throw;
        }
    }

    /// <summary>The events that a filter lets through.</summary>
    /// <exception cref="AuditStoreException">The file is not an audit store or cannot be read.</exception>
    public static IEnumerable<StoredAuditEvent> Read(string path, AuditFilter filter)
    {
        using var records = Open(path);
        var told = filter.RequestId is { } id ? records.RequestsAnsweredAs(id) : null;
        var (after, before) = (filter.After ?? 0, filter.Before ?? long.MaxValue);
        var inOrder = filter.Order == AuditOrder.NewestFirst
            ? records.Preceding(before).TakeWhile(record => record.Sequence > after)
            : records.Following(after).TakeWhile(record => record.Sequence < before);
        foreach (var record in inOrder.Where(record => Meets(filter, record.Columns, told)).Take(filter.Limit ?? int.MaxValue)) yield return Stored(path, record);
    }

    public StoredAuditEvent? Find(long sequence) =>
        _files.FindIndex(file => sequence >= file.First && sequence <= file.Last) is >= 0 and var at && FileAt(at).Find(sequence) is { } record ? Stored(_files[^1].Path, record) : null;

    public IReadOnlyList<StoredAuditEvent> After(long sequence, int limit) => [.. Following(sequence).Take(limit).Select(record => Stored(_files[^1].Path, record))];

    public IReadOnlyList<RecordBytes> BytesAfter(long sequence, int limit, int bytes)
    {
        var rows = new List<RecordBytes>();
        foreach (var record in Following(sequence).Take(limit))
        {
            rows.Add(new RecordBytes(record.Sequence, record.Hash, record.Body));
            if ((bytes -= record.Body.Length) <= 0) break;
        }

        return rows;
    }

    public void Dispose()
    {
        foreach (var file in _files) file.File?.Dispose();
    }

    private IEnumerable<FoundRecord> Following(long sequence) =>
        Enumerable.Range(0, _files.Count).Where(at => _files[at].Last > sequence).SelectMany(at => FileAt(at).After(sequence));

    private IEnumerable<FoundRecord> Preceding(long sequence) =>
        Enumerable.Range(0, _files.Count).Reverse().Where(at => _files[at].First < sequence).SelectMany(at => FileAt(at).Before(sequence));

    private LineFile FileAt(int at)
    {
        if (_files[at].File is { } open) return open;
        var file = LineFile.Open(_files[at].Path);
        _files[at] = _files[at] with { File = file };
        return file;
    }

    private static bool Meets(AuditFilter filter, in RecordColumns record, HashSet<string>? requests) =>
        (filter.User is not { } user || record.InitiatorId == user || record.InitiatorName == user)
        && (filter.ProjectId is not { } project || record.ProjectId == project)
        && (filter.Action is not { } action || record.Action == action)
        && (filter.Outcome is not { } outcome || record.Outcome == AuditWords.Of(outcome))
        && (filter.Kind is not { } kind || record.Kind == AuditWords.Of(kind))
        && (filter.TargetId is not { } target || record.TargetId == target)
        && (requests is null || (record.RequestId is { } request && requests.Contains(request)))
        && (filter.From is not { } from || record.EventTime >= RecordColumns.Microseconds(from))
        && (filter.To is not { } to || record.EventTime < RecordColumns.Microseconds(to));

    /// <summary>
    /// The gateway's ids of the calls that a client knows by this one: a client whose call was forwarded was told the backend's, which stands in the outcome.
    /// </summary>
    private HashSet<string> RequestsAnsweredAs(string id)
    {
        var requests = new HashSet<string>(StringComparer.Ordinal) { id };
        var bytes = Encoding.UTF8.GetBytes(id);
        foreach (var record in Following(0).Where(record => record.Body.AsSpan().IndexOf(bytes) >= 0))
        {
            if (AuditReader.Parse(_files[^1].Path, record.Sequence, record.Body).Backend?.RequestId == id && record.Columns.RequestId is { } request) requests.Add(request);
        }

        return requests;
    }

    private static StoredAuditEvent Stored(string path, FoundRecord record) =>
        new(record.Sequence, record.Previous, record.Hash, record.Body, AuditReader.Parse(path, record.Sequence, record.Body));
}
