using System.Text;
using Gateway.Compute.Servers;

namespace Gateway.Compute.Tests.Servers;

public sealed class Sha224Tests
{
    // Digests from Python's hashlib; the lengths are those around which padding changes.
    [Theory]
    [InlineData("", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f")]
    [InlineData("p1host1", "4a619b6f283c9bde622de1daf53a68c016813525d84227419b69d671")]
    public void Hashes_text(string text, string digest) => Assert.Equal(digest, Hash(text));

    [Theory]
    [InlineData(55, "fb0bd626a70c28541dfa781bb5cc4d7d7f56622a58f01a0b1ddd646f")]
    [InlineData(56, "d40854fc9caf172067136f2e29e1380b14626bf6f0dd06779f820dcd")]
    [InlineData(64, "a88cd5cde6d6fe9136a4e58b49167461ea95d388ca2bdb7afdc3cbf4")]
    [InlineData(200, "2559984fd15e055f0d84c346483508242f02653ab7956401e551511c")]
    public void Hashes_every_length(int length, string digest) => Assert.Equal(digest, Hash(new string('a', length)));

    private static string Hash(string text) => Convert.ToHexStringLower(Sha224.Hash(Encoding.UTF8.GetBytes(text)));
}
