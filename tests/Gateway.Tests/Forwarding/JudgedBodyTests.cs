using Gateway.Forwarding;
using Xunit;

namespace Gateway.Tests.Forwarding;

public sealed class JudgedBodyTests
{
    [Fact]
    public async Task Is_read_whole_and_then_ends()
    {
        await using var body = new JudgedBody("judged bytes"u8.ToArray());
        using var read = new MemoryStream();

        await body.CopyToAsync(read, bufferSize: 5, TestContext.Current.CancellationToken);

        Assert.Equal("judged bytes"u8.ToArray(), read.ToArray());
        Assert.Equal(0, await body.ReadAsync(new byte[8], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Gives_nothing_of_the_buffer_once_withdrawn()
    {
        byte[] buffer = [.. "the first caller's"u8];
        await using var body = new JudgedBody(buffer);
        var read = new byte[9];
        await body.ReadExactlyAsync(read, TestContext.Current.CancellationToken);

        body.Withdraw();
        "another caller's  "u8.CopyTo(buffer);

        await Assert.ThrowsAsync<IOException>(async () => await body.ReadExactlyAsync(read, TestContext.Current.CancellationToken));
        Assert.Equal("the first"u8.ToArray(), read);
    }
}
