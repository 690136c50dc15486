using Gateway.Limits;
using Xunit;

namespace Gateway.Tests.Limits;

public sealed class RedisConnectionTests
{
    [Theory]
    [InlineData("redis://:s3cret@host:6379")]
    [InlineData("rediss://user:s3cret@host:6379")]
    [InlineData("REDIS://host:6379")]
    [InlineData("redis-1:6379,redis://:a,s3cret@host:6379")]
    [InlineData("redis://:s3c=ret@host:6379")]
    [InlineData("user:s3cret@host:6379")]
    [InlineData("redis-1:6379,pass=s3cret")]
    [InlineData("redis-1:6379,password=x,s3cret/y")]
    [InlineData("redis-1:6379,ssl=s3cret")]
    [InlineData("")]
    public void Refuses_what_is_no_address_and_shows_none_of_it(string connection)
    {
        var problem = RedisConnection.Problem(connection);

        Assert.NotNull(problem);
        Assert.DoesNotContain("s3c", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("ret", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_of_a_command_that_cannot_be_given_that_the_buckets_cannot_be_asked()
    {
        // Nobody listens there, and the commands are switched off.
        await using var redis = new RedisConnection("127.0.0.1:1,$EVAL=,$EVALSHA=,$ZREM=");
        await redis.ConnectAsync();

        await Assert.ThrowsAsync<BucketsUnreachableException>(() => redis.RunAsync(["k"], ["peek", ""]));
        redis.Forget("k", "l");
    }

    [Theory]
    [InlineData("redis-1:6379,redis_2.example:6379,user=gateway,password=a://b@c,ssl=true")]
    [InlineData("127.0.0.1:6379")]
    [InlineData("[::1]:6379")]
    [InlineData("redis")]
    public void Takes_hosts_and_options(string connection) => Assert.Null(RedisConnection.Problem(connection));
}
