using System.IO.Pipelines;
using System.Net;
using System.Text;
using Gateway.Forwarding;
using Microsoft.AspNetCore.Http;
using Xunit;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Tests.Forwarding;

/// <summary>The answer that gets the gateway's rates, from backends that say no length, or say one and stall.</summary>
public sealed class BackendRequestTests : IDisposable
{
    private const string Limits = """{"limits": {"rate": []}}""";

    private readonly Pipe _backend = new();
    private readonly MemoryStream _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Puts_the_rates_into_an_answer_that_says_no_length()
    {
        await _backend.Writer.WriteAsync(Encoding.UTF8.GetBytes(Limits), TestContext.Current.CancellationToken);
        await _backend.Writer.CompleteAsync();
        var transform = Answer(length: null, TestContext.Current.CancellationToken);

        await BackendRequest.AddRatesAsync(transform);

        Assert.Equal("""{"limits": {"rate": [7]}}""", Encoding.UTF8.GetString(_client.ToArray()));
        Assert.Equal((true, _client.Length), (transform.SuppressResponseBody, transform.HttpContext.Response.ContentLength));
    }

    [Fact]
    public async Task Passes_on_whole_what_says_no_length_and_is_too_large()
    {
        var large = new byte[RatesIn.LargestAnswer + 5000];
        Random.Shared.NextBytes(large);
        var transform = Answer(length: null, TestContext.Current.CancellationToken);
        var passing = BackendRequest.AddRatesAsync(transform);

        await _backend.Writer.WriteAsync(large, TestContext.Current.CancellationToken);
        await _backend.Writer.CompleteAsync();
        await passing;

        Assert.Equal(large, _client.ToArray());
        Assert.Null(transform.HttpContext.Response.ContentLength);
    }

    [Fact]
    public async Task Gives_up_a_backend_that_stalls_when_the_forwarding_is_given_up()
    {
        using var forwarding = new CancellationTokenSource();
        var transform = Answer(Limits.Length, forwarding.Token);
        var passing = BackendRequest.AddRatesAsync(transform).AsTask();
        Assert.False(passing.IsCompleted);

        await forwarding.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => passing.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(0, _client.Length);
    }

    private ResponseTransformContext Answer(long? length, CancellationToken forwarding)
    {
        var context = new DefaultHttpContext();
        context.Response.Body = _client;
        context.Features.Set(new ForwardedCall(null!, null) { Rates = "[7]"u8.ToArray() });
        var content = new StreamContent(_backend.Reader.AsStream());
        content.Headers.ContentLength = length;
        return new ResponseTransformContext
        {
            HttpContext = context,
            ProxyResponse = new HttpResponseMessage(HttpStatusCode.OK) { Content = content },
            CancellationToken = forwarding,
        };
    }
}
