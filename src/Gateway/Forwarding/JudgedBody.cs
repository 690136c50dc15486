namespace Gateway.Forwarding;

/// <summary>
/// The bytes that were judged, as YARP reads them. Its copy may go on for a moment after the call has ended (the backend answered early, the client left), when
/// the buffer is another request's: once withdrawn, nothing more is read from it.
/// </summary>
internal sealed class JudgedBody(ReadOnlyMemory<byte> bytes) : Stream
{
    // Guards the rest: a read is over before the withdrawal is, and none begins after it.
    private readonly Lock _lock = new();
    private ReadOnlyMemory<byte> _rest = bytes;
    private bool _isWithdrawn;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The call has ended, and with it the right to these bytes.</summary>
    public void Withdraw()
    {
        lock (_lock) (_rest, _isWithdrawn) = (default, true);
    }

    public override int Read(Span<byte> buffer)
    {
        lock (_lock)
        {
            if (_isWithdrawn) throw new IOException("The call that this body belongs to has ended.");
            var read = Math.Min(buffer.Length, _rest.Length);
            _rest.Span[..read].CopyTo(buffer);
            _rest = _rest[read..];
            return read;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new ValueTask<int>(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
