using System.Buffers;

namespace Gateway.FrontDoor;

/// <summary>A body's bytes, complete, in a pooled buffer that goes back when the request has ended.</summary>
internal sealed class RequestBody : IDisposable
{
    public static readonly RequestBody Empty = new(0);

    private byte[] _buffer;

    /// <param name="size">Bytes to expect; there may be more.</param>
    public RequestBody(int size) => _buffer = size == 0 ? [] : ArrayPool<byte>.Shared.Rent(size);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Length);

    /// <summary>Room for more bytes.</summary>
    public Memory<byte> Rest()
    {
        if (Length == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Length * 2);
            Bytes.CopyTo(larger);
            GiveBack();
            _buffer = larger;
        }

        return _buffer.AsMemory(Length);
    }

    /// <summary>So many bytes were put where room was.</summary>
    public void Advance(int read) => Length += read;

    public void Dispose()
    {
        GiveBack();
        (_buffer, Length) = ([], 0);
    }

    private void GiveBack()
    {
        if (_buffer.Length == 0) return;
        // There may have been a password in it.
        _buffer.AsSpan(0, Length).Clear();
        ArrayPool<byte>.Shared.Return(_buffer);
    }
}
