using Gateway.Identity;
using Xunit;

namespace Gateway.Tests.Identity;

public sealed class BoundedCacheTests
{
    private readonly BoundedCache<int, string> _cache = new(100);

    [Fact]
    public void Never_holds_more_than_its_capacity()
    {
        for (var i = 0; i < 100_000; i++)
        {
            _cache.Set(i, "x");
            Assert.True(_cache.Count <= 102, $"{_cache.Count} entries");
        }
    }

    [Fact]
    public void Stays_bounded_when_many_write_at_once()
    {
        Parallel.For(0, 200_000, i => _cache.Set(i, "x"));

        // Writers that were on their way when a generation closed may still land in it.
        Assert.InRange(_cache.Count, 1, 100 + (Environment.ProcessorCount * 8));
    }

    [Fact]
    public void Keeps_what_is_used_and_drops_what_is_not()
    {
        _cache.Set(-1, "used");
        _cache.Set(-2, "unused");
        for (var i = 0; i < 1000; i++)
        {
            _cache.Set(i, "x");
            Assert.Equal("used", _cache.Find(-1));
        }

        Assert.Null(_cache.Find(-2));
    }

    [Fact]
    public void Replaces_what_is_set_again()
    {
        _cache.Set(1, "a");
        _cache.Set(1, "b");

        Assert.Equal(("b", null), (_cache.Find(1), _cache.Find(2)));
    }
}
