using Gateway.Identity;
using Xunit;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Tests.Identity;

public sealed class ClusterIdentityTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"secret-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("fifteen-letters\n")]
    [InlineData("short                     \n")]
    public void Takes_no_file_with_a_secret_that_can_be_guessed(string content)
    {
        File.WriteAllText(_file, content);
        Assert.Equal(
            [
                ("ReverseProxy:Clusters:c1:Metadata:SecretFile",
                    $"`{_file}` holds fewer than 16 characters: write a longer secret there; anyone can guess a short one, and with it be anybody"),
            ],
            Problems());
    }

    [Fact]
    public void Takes_a_file_with_a_secret_long_enough()
    {
        File.WriteAllText(_file, "sixteen-letters!\n");
        Assert.Empty(Problems());
    }

    [Fact]
    public void Says_that_the_file_is_missing() =>
        Assert.Equal(
            [("ReverseProxy:Clusters:c1:Metadata:SecretFile", $"`{_file}` does not exist: write the secret there, readable by the gateway alone")], Problems());

    private IEnumerable<(string Place, string Problem)> Problems() => ClusterIdentity.Problems(new ClusterConfig
    {
        ClusterId = "c1",
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["Identity"] = "signed", ["SecretFile"] = _file },
    });
}
