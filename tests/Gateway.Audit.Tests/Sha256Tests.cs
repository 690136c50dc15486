using System.Security.Cryptography;

namespace Gateway.Audit.Tests;

public sealed class Sha256Tests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3000)]
    public void Is_the_platforms(int length)
    {
        var data = RandomNumberGenerator.GetBytes(length);
        var hash = new byte[32];

        for (var i = 0; i < 2; i++)
        {
            Sha256.Hash(data, hash);
            Assert.Equal(SHA256.HashData(data), hash);
        }
    }

    [Fact]
    public void Leaves_nothing_of_a_hash_that_failed_to_the_next()
    {
        var hash = new byte[32];

        Assert.Throws<ArgumentException>(() => Sha256.Hash("lost"u8, new byte[31]));
        Sha256.Hash("kept"u8, hash);

        Assert.Equal(SHA256.HashData("kept"u8), hash);
    }
}
