using System.Runtime.InteropServices;

namespace Gateway.Casbin;

/// <summary>A conjunct `r.x == p.y` of the matcher: places of the two fields.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct EqualityConjunct(int Request, int Policy);

/// <summary>
/// Finds rows by the values of up to three equality conjuncts. A row it leaves out could not match, so the rest of its condition is never
/// evaluated.
/// </summary>
internal sealed class RowIndex
{
    public const int MostConjuncts = 3;

    private readonly EqualityConjunct[] _conjuncts;
    private readonly Dictionary<Key, CompiledRow[]> _rows;

    public RowIndex(EqualityConjunct[] conjuncts, IEnumerable<CompiledRow> ordered)
    {
        _conjuncts = conjuncts;
        _rows = ordered
            .GroupBy(row => new Key(Field(row, 0)!, Field(row, 1), Field(row, 2)))
            .ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>False when a request value is not text: then `==` may convert, and every row must be asked.</summary>
    public bool TryFind(scoped in Frame frame, out ReadOnlySpan<CompiledRow> rows)
    {
        rows = default;
        if (frame[_conjuncts[0].Request] is not string first)
            return false;
        string? second = null;
        string? third = null;
        if (_conjuncts.Length > 1)
        {
            if (frame[_conjuncts[1].Request] is not string value)
                return false;
            second = value;
        }

        if (_conjuncts.Length > 2)
        {
            if (frame[_conjuncts[2].Request] is not string value)
                return false;
            third = value;
        }

        if (_rows.TryGetValue(new Key(first, second, third), out var found))
            rows = found;
        return true;
    }

    private string? Field(CompiledRow row, int conjunct) =>
        conjunct < _conjuncts.Length ? row.Row.Values[_conjuncts[conjunct].Policy] : null;

    private readonly struct Key(string first, string? second, string? third) : IEquatable<Key>
    {
        private readonly string _first = first;
        private readonly string? _second = second;
        private readonly string? _third = third;

        public bool Equals(Key other) => _first == other._first && _second == other._second && _third == other._third;

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode()
        {
            var hash = _first.GetHashCode(StringComparison.Ordinal);
            if (_second is not null)
                hash = HashCode.Combine(hash, _second.GetHashCode(StringComparison.Ordinal));
            return _third is null ? hash : HashCode.Combine(hash, _third.GetHashCode(StringComparison.Ordinal));
        }
    }
}
