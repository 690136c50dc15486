using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace Gateway.Audit.Tests;

public sealed class ChainTests
{
    // Computed with Python's hashlib from the formula in the README.
    [Fact]
    public void Gives_the_known_hashes()
    {
        var chain = new Chain("gw-1");
        var first = Link(chain, 1, Chain.Genesis, """{"id":"a"}""");
        var second = Link(chain, 2, first, """{"id":"b"}""");
        var far = Link(chain, 1L << 40, second, "");

        Assert.Equal("ed7140814188a3ff41fe479ce61de7cd7f1674db2fc287dc095a29ae24161645", Convert.ToHexStringLower(first));
        Assert.Equal("c568393093af2ba2e5775646b8d0073c4582e3894515c21dddbdd6d5aa516e3d", Convert.ToHexStringLower(second));
        Assert.Equal("a49cac4d39adf5534d21eb0c205f1c297b5c2c34a984509ed1220640acd54584", Convert.ToHexStringLower(far));
    }

    [Fact]
    public void Agrees_with_the_chain_written_a_second_time() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 128], Gen.Long[1, long.MaxValue], Gen.Byte.Array[32], Gen.Byte.Array[0, 300])
            .Sample((stream, sequence, previous, body) =>
            {
                var hash = new byte[Chain.HashSize];
                new Chain(stream).Link(sequence, previous, SHA256.HashData(body), hash);
                Assert.Equal(OtherChain.Hash(stream, sequence, previous, body), hash);
            });

    [Fact]
    public async Task A_stored_log_agrees_with_the_chain_written_a_second_time()
    {
        using var store = new TemporaryStore();
        await store.FillAsync(calls: 3);

        var previous = new byte[32];
        foreach (var record in store.ReadAll())
        {
            previous = OtherChain.Hash("gw-1", record.Sequence, previous, record.Bytes.Span);
            Assert.Equal(previous, record.Hash.ToArray());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("gw 1")]
    [InlineData("gw/1")]
    [InlineData("gwé")]
    public void Refuses_a_name_that_is_not_a_streams(string stream) => Assert.Throws<ArgumentException>(() => new Chain(stream));

    private static byte[] Link(Chain chain, long sequence, byte[] previous, string body)
    {
        var hash = new byte[Chain.HashSize];
        chain.Link(sequence, previous, SHA256.HashData(Encoding.UTF8.GetBytes(body)), hash);
        return hash;
    }
}
