using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.FrontDoor;

public sealed class RandomIdTests
{
    [Fact]
    public void Makes_random_ids_that_say_so_and_none_twice()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => RandomId.New()).ToList();

        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id.ToString()));
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public void Makes_no_id_twice_on_several_threads()
    {
        var ids = Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(8).SelectMany(_ => Enumerable.Range(0, 1000).Select(_ => RandomId.New()).ToList()).ToList();

        Assert.Equal(8000, ids.Distinct().Count());
    }
}
