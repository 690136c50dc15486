using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Gateway.FrontDoor;

/// <summary>
/// The writing side of a connection. Kestrel answers what it cannot read as HTTP with a bare status; here a whole answer can be put in the
/// place of that one.
/// </summary>
internal sealed class AnswerOutput(PipeWriter inner) : PipeWriter
{
    // Set and read by the one thread that serves the connection: Kestrel reports a request it gives up before it answers it.
    private bool _replaced;
    private byte[] _discarded = [];

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    /// <summary>Connection middleware that puts an output between Kestrel's HTTP and the transport.</summary>
    public static ConnectionDelegate Insert(ConnectionDelegate next) => connection =>
    {
        var output = new AnswerOutput(connection.Transport.Output);
        connection.Transport = new Duplex(connection.Transport.Input, output);
        connection.Features.Set(output);
        return next(connection);
    };

    /// <summary>Writes the last answer of the connection. Whatever is written after it is thrown away.</summary>
    public void ReplaceRest(ReadOnlySpan<byte> answer)
    {
        if (_replaced) return;
        inner.Write(answer);
        _replaced = true;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => _replaced ? Discarded(sizeHint) : inner.GetSpan(sizeHint);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _replaced ? Discarded(sizeHint) : inner.GetMemory(sizeHint);

    public override void Advance(int bytes)
    {
        if (!_replaced) inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private byte[] Discarded(int sizeHint)
    {
        if (_discarded.Length < Math.Max(sizeHint, 4096)) _discarded = new byte[Math.Max(sizeHint, 4096)];
        return _discarded;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
