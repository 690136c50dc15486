using Gateway.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Gateway.Tests.Forwarding;

public sealed class TraceContextTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void Passes_a_trace_and_its_state_on_as_they_came()
    {
        Assert.True(TraceContext.TryRead(Headers(Parent, new(["a=1", "b=2"])), out var parent, out var state));
        Assert.Equal((Parent, "a=1,b=2"), (parent, state));
        Assert.True(TraceContext.TryRead(Headers(Parent, default), out _, out state));
        Assert.Null(state);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00-x")]
    [InlineData("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, x")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01")]
    public void Passes_no_other_on(string parent) => Assert.False(TraceContext.TryRead(Headers(parent, "a=1"), out _, out _));

    [Fact]
    public void Passes_none_of_two_on() => Assert.False(TraceContext.TryRead(Headers(new StringValues([Parent, Parent]), default), out _, out _));

    [Theory]
    [InlineData(513, 'x')]
    [InlineData(5, 'é')]
    [InlineData(5, '\t')]
    public void Leaves_a_state_that_is_none_behind(int length, char letter)
    {
        Assert.True(TraceContext.TryRead(Headers(Parent, new string(letter, length)), out _, out var state));
        Assert.Null(state);
    }

    private static HeaderDictionary Headers(StringValues parent, StringValues state)
    {
        var headers = new HeaderDictionary { ["traceparent"] = parent };
        if (state.Count > 0) headers["tracestate"] = state;
        return headers;
    }
}
