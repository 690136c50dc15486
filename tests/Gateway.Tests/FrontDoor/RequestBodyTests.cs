using Gateway.FrontDoor;
using Xunit;

namespace Gateway.Tests.FrontDoor;

public sealed class RequestBodyTests
{
    [Theory]
    [InlineData(1, 7)]
    [InlineData(4096, 114_689)]
    public void Keeps_every_byte_while_it_grows(int expected, int length)
    {
        using var body = new RequestBody(expected);
        var source = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();

        for (var sent = 0; sent < length;)
        {
            var room = body.Rest().Span;
            var part = source.AsSpan(sent, Math.Min(room.Length, length - sent));
            part.CopyTo(room);
            body.Advance(part.Length);
            sent += part.Length;
        }

        Assert.Equal(source, body.Bytes.ToArray());
    }

    [Fact]
    public void Leaves_nothing_in_the_buffer_it_gives_back()
    {
        var body = new RequestBody(16);
        var buffer = body.Rest();
        "a password"u8.CopyTo(buffer.Span);
        body.Advance(10);

        body.Dispose();

        Assert.Equal(new byte[10], buffer[..10].ToArray());
        Assert.True(body.Bytes.IsEmpty);
    }
}
