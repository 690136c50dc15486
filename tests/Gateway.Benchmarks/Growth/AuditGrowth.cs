using Gateway.Audit;

namespace Gateway.Benchmarks;

/// <summary>Records appended durably, 64 at a time, to a store that holds few and to one that holds many, in one file each; and, beside the hot path, taken in by a search index.</summary>
internal static class AuditGrowth
{
    private const int Batch = 64;
    private const int Operations = 32 * Batch;

    /// <summary>What a sample adds is taken away before the next one, but from the largest, where it is next to nothing.</summary>
    private const int LargestRenewed = 100_000;

    public static async Task PrintAsync()
    {
        var folder = Directory.CreateTempSubdirectory("growth-");
        try
        {
            var stores = GrowthCurve.Sizes.Select(size => new Store(folder.FullName, size)).ToArray();
            foreach (var store in stores) await store.GenerateAsync();
            await GrowthCurve.PrintAsync("append a record durably, 64 at a time, to a store of so many", Operations, [.. stores.Select(store => store.Probe())]);
            foreach (var store in stores) await store.CloseAsync();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static async Task PrintIndexAsync()
    {
        var folder = Directory.CreateTempSubdirectory("growth-");
        try
        {
            var indexes = GrowthCurve.Sizes.Select(size => new Index(Path.Combine(folder.FullName, $"index-{size}.db"), size)).ToArray();
            foreach (var index in indexes) index.Generate();
            await GrowthCurve.PrintAsync("beside the hot path: the search index takes a record in, 64 at a time, with so many", Operations, [.. indexes.Select(index => index.Probe())]);
            foreach (var index in indexes) index.Dispose();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A store that holds so many records whenever a sample begins.</summary>
    private sealed class Store(string folder, int size)
    {
        private readonly string _kept = Path.Combine(folder, $"kept-{size}", "audit.jsonl");
        private readonly string _used = Path.Combine(folder, $"used-{size}", "audit.jsonl");
        private AuditLog? _log;

        public Task GenerateAsync() => AuditLoad.GenerateAsync(IsRenewed ? _kept : _used, size, segmentBytes: null);

        public GrowthProbe Probe() => new(size, AppendAsync) { DrawAsync = _ => OpenAsync() };

        public async Task CloseAsync()
        {
            if (_log is not null) await _log.DisposeAsync();
        }

        private bool IsRenewed => size <= LargestRenewed;

        private async Task OpenAsync()
        {
            await CloseAsync();
            if (IsRenewed)
            {
                var place = Directory.CreateDirectory(Path.GetDirectoryName(_used)!);
                foreach (var file in place.GetFiles()) file.Delete();
                foreach (var file in new FileInfo(_kept).Directory!.GetFiles()) file.CopyTo(Path.Combine(place.FullName, file.Name));
            }

            _log = await AuditLog.OpenAsync(new AuditLogOptions { Path = _used, StreamId = "bench", Deadline = TimeSpan.FromSeconds(30) }, TimeProvider.System, CancellationToken.None);
        }

        private async Task AppendAsync()
        {
            for (var i = 0; i < Operations; i += Batch)
                await Task.WhenAll(Enumerable.Range(i, Batch).Select(n => _log!.AppendAsync(AuditLoad.Event(n % 997, n), CancellationToken.None).AsTask()));
        }
    }

    /// <summary>An index of so many records whenever a sample begins.</summary>
    private sealed class Index(string path, int size) : IDisposable
    {
        private readonly string _kept = path + ".kept";
        private AuditIndex _index = null!;

        public void Generate()
        {
            using (var index = AuditIndex.Open(path, "bench")) AuditLoad.Fill(index, size);
            if (size <= LargestRenewed) File.Copy(path, _kept);
            _index = AuditIndex.Open(path, "bench");
        }

        public GrowthProbe Probe() => GrowthProbe.Of(size, Add, _ => Renew());

        public void Dispose() => _index.Dispose();

        private void Renew()
        {
            if (size > LargestRenewed) return;
            _index.Dispose();
            File.Copy(_kept, path, overwrite: true);
            _index = AuditIndex.Open(path, "bench");
        }

        private void Add()
        {
            for (var i = 0; i < Operations; i += Batch) _index.Add([.. Enumerable.Range((int)_index.Through, Batch).Select(AuditLoad.Stored)]);
        }
    }
}
