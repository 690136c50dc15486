using Gateway.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class CensusTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Census _census;

    public CensusTests() => _census = new Census(new RedisOptions(), _time);

    [Fact]
    public void Believes_more_gateways_at_once_and_fewer_when_it_was_told_so_for_a_while()
    {
        _census.Heard(3);
        Assert.Equal(3, _census.Gateways);

        for (var i = 0; i < 5; i++)
        {
            _census.Heard(2);
            Assert.Equal(3, _census.Gateways);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        _census.Heard(2);
        Assert.Equal(2, _census.Gateways);
    }

    [Fact]
    public void Does_not_take_the_others_for_gone_when_Redis_comes_back_with_nothing()
    {
        _census.Heard(3);
        _census.Heard(2);
        _time.Advance(TimeSpan.FromMinutes(1));
        _census.Missed();

        _census.Heard(1);
        Assert.Equal(3, _census.Gateways);
        _census.Heard(3);
        _time.Advance(TimeSpan.FromMinutes(1));
        _census.Heard(1);

        Assert.Equal(3, _census.Gateways);
    }

    [Fact]
    public void Is_never_less_than_what_is_configured() => Assert.Equal(4, new Census(new RedisOptions { Gateways = 4 }, _time).Gateways);
}
